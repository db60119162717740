using System.Text;

namespace Microsoft.ML.Clip;

/// <summary>
/// How much examples help somebody: people, a probe, or zero-shot and a probe together. People went from 54 to 76% with one picture of each breed, and a second
/// changed nothing; a probe with one is below zero-shot (Radford et al. 2021, section 4, table 2). Immutable.
/// </summary>
public sealed record ClipShotGain
{
    /// <summary>Who: "people", "probe", "zero-shot + probe".</summary>
    public required string Name { get; init; }

    /// <summary>The scores by examples of each class, ascending.</summary>
    public required IReadOnlyList<ClipShotScore> Scores { get; init; }

    /// <summary>Scores of anybody.</summary>
    /// <param name="name">Who.</param>
    /// <param name="scores">The scores, in any order.</param>
    /// <returns>The scores by examples.</returns>
    /// <exception cref="ArgumentException">There are none, two have as many examples, examples are negative, or a score is not from 0 to 1.</exception>
    public static ClipShotGain Of(string name, params IEnumerable<ClipShotScore> scores)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(name);
        ArgumentNullException.ThrowIfNull(scores);
        ClipShotScore[] sorted = [.. scores.OrderBy(s => s.Shots)];
        for (int i = 0; i < sorted.Length; i++)
        {
            if (sorted[i] is not { Shots: >= 0, Score: >= 0 and <= 1 } || (i > 0 && sorted[i].Shots == sorted[i - 1].Shots))
            {
                throw new ArgumentException($"'{name}' has the score {sorted[i].Score} with {sorted[i].Shots} examples; expected 0 to 1, and one score for each number from 0 on.", nameof(scores));
            }
        }
        return sorted.Length == 0 ? throw new ArgumentException($"'{name}' has no score.", nameof(scores)) : new ClipShotGain { Name = name, Scores = sorted };
    }

    /// <summary>
    /// Scores of people: the mean over people of their mean per class, "I don't know" being wrong, as in the first column of the paper's table 2.
    /// </summary>
    /// <param name="name">Who.</param>
    /// <param name="answers">The answers by examples that people had seen.</param>
    /// <returns>The scores by examples.</returns>
    /// <exception cref="ArgumentException">There are none, or answers contradict each other as in <see cref="ClipHumanResult.Of"/>.</exception>
    public static ClipShotGain OfPeople(string name, IReadOnlyDictionary<int, IReadOnlyList<ClipHumanAnswer>> answers)
    {
        ArgumentNullException.ThrowIfNull(answers);
        return Of(name, answers.Select(a => new ClipShotScore(a.Key, HumanAnswers.Rate(HumanAnswers.Check(a.Value)).MeanPerClass)));
    }

    /// <summary>How much further examples help, -1 to 1.</summary>
    /// <param name="from">How many there were.</param>
    /// <param name="to">How many there are then.</param>
    /// <exception cref="ArgumentException">There is no score with so many.</exception>
    public double Gain(int from, int to) => ScoreAt(to) - ScoreAt(from);

    private double ScoreAt(int shots) => Scores.FirstOrDefault(s => s.Shots == shots, new(-1, 0)) is { Shots: >= 0 } found ? found.Score
        : throw new ArgumentException($"'{Name}' has no score with {shots} examples; there are those with {string.Join(", ", Scores.Select(s => s.Shots))}.", nameof(shots));

    private bool PrintMembers(StringBuilder builder) => RecordText.Append(builder, this);
}
