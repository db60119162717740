namespace Microsoft.ML.Clip;

/// <summary>
/// How well people did: the four columns of Radford et al. 2021, table 2 (section 4), as shares of answers and, as in the paper, as means over classes.
/// Rates of people are means over people, each of whom counts alike. Immutable.
/// </summary>
/// <remarks>
/// "I don't know" counts as wrong, but among the guesses, where it counts for nothing. In a majority vote it is an answer like others, so that an image on which it is the
/// most frequent is wrong; among the guesses it has no vote. Images on which several answers are the most frequent are left out of the votes, and counted.
/// </remarks>
public sealed record ClipHumanResult
{
    /// <summary>How many people answered.</summary>
    public required int Observers { get; init; }

    /// <summary>How many images they saw.</summary>
    public required int Images { get; init; }

    /// <summary>How many answers there are.</summary>
    public required int Answers { get; init; }

    /// <summary>How many of them are guesses, and not "I don't know".</summary>
    public required int Guesses { get; init; }

    /// <summary>Of all answers.</summary>
    public required ClipHumanRate OfAll { get; init; }

    /// <summary>Of the guesses alone.</summary>
    public required ClipHumanRate OfGuesses { get; init; }

    /// <summary>Of the most frequent answer to each image.</summary>
    public required ClipMajorityRate Majority { get; init; }

    /// <summary>Of the most frequent guess for each image.</summary>
    public required ClipMajorityRate MajorityOfGuesses { get; init; }

    /// <summary>Measures answers.</summary>
    /// <param name="answers">The answers, in any order.</param>
    /// <returns>The result.</returns>
    /// <exception cref="ArgumentException">
    /// There are none; one has a class below 0; an image has two labels; or somebody answered twice to one image. The message names who and what.
    /// </exception>
    public static ClipHumanResult Of(IEnumerable<ClipHumanAnswer> answers)
    {
        var all = HumanAnswers.Check(answers);
        ClipHumanAnswer[] guesses = [.. all.Where(a => a.Answer is not null)];
        return new ClipHumanResult
        {
            Observers = all.Select(a => a.Observer).Distinct().Count(),
            Images = all.Select(a => a.Image).Distinct().Count(),
            Answers = all.Length,
            Guesses = guesses.Length,
            OfAll = HumanAnswers.Rate(all),
            OfGuesses = HumanAnswers.Rate(guesses),
            Majority = HumanAnswers.Vote(all),
            MajorityOfGuesses = HumanAnswers.Vote(guesses),
        };
    }
}
