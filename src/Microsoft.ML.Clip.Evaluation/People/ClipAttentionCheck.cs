using System.Text;

namespace Microsoft.ML.Clip;

/// <summary>
/// Whether people paid attention: what they answered to images that nobody should get wrong. The paper's five had 94% on STL-10 and 97 to 100% on images that
/// were put in between for that (appendix E of Radford et al. 2021). Immutable.
/// </summary>
public sealed record ClipAttentionCheck
{
    /// <summary>How each person did, in the order of their names.</summary>
    public required IReadOnlyList<KeyValuePair<string, ClipHits>> Observers { get; init; }

    /// <summary>The share of checks that has to be right, 0 to 1.</summary>
    public required double Minimum { get; init; }

    /// <summary>The people who reach it.</summary>
    public IReadOnlyList<string> Passed => [.. Observers.Where(o => o.Value.Accuracy >= Minimum).Select(o => o.Key)];

    /// <summary>The people who do not.</summary>
    public IReadOnlyList<string> Failed => [.. Observers.Where(o => !(o.Value.Accuracy >= Minimum)).Select(o => o.Key)];

    /// <summary>Checks people.</summary>
    /// <param name="checks">Answers to the images that are checks.</param>
    /// <param name="minimum">The share that has to be right, 0 to 1. "I don't know" is wrong.</param>
    /// <returns>The result.</returns>
    /// <exception cref="ArgumentException">There are no answers, or they contradict each other as in <see cref="ClipHumanResult.Of"/>.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The minimum is not from 0 to 1.</exception>
    public static ClipAttentionCheck Of(IEnumerable<ClipHumanAnswer> checks, double minimum = 0.9)
    {
        if (minimum is not (>= 0 and <= 1))
        {
            throw new ArgumentOutOfRangeException(nameof(minimum), minimum, "The share that has to be right lies between 0 and 1.");
        }
        return new ClipAttentionCheck
        {
            Minimum = minimum,
            Observers = [.. HumanAnswers.Check(checks).GroupBy(a => a.Observer, StringComparer.Ordinal).OrderBy(o => o.Key, StringComparer.Ordinal)
                .Select(o => KeyValuePair.Create(o.Key, new ClipHits(o.Count(a => a.Answer == a.Label), o.Count())))],
        };
    }

    /// <summary>The answers of people who passed.</summary>
    /// <param name="answers">Answers of anybody.</param>
    /// <returns>Those of people who passed; and how many others there were, of people who failed, or who saw no check.</returns>
    public (IReadOnlyList<ClipHumanAnswer> Kept, int LeftOut) Keep(IEnumerable<ClipHumanAnswer> answers)
    {
        ArgumentNullException.ThrowIfNull(answers);
        ClipHumanAnswer[] all = [.. answers];
        var passed = Passed.ToHashSet(StringComparer.Ordinal);
        ClipHumanAnswer[] kept = [.. all.Where(a => passed.Contains(a.Observer))];
        return (kept, all.Length - kept.Length);
    }

    private bool PrintMembers(StringBuilder builder) => RecordText.Append(builder, this);
}
