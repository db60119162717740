using System.Text;

namespace Microsoft.ML.Clip;

/// <summary>
/// Zero-shot beside a linear probe over many sets. Against a probe on ResNet-50's features it is figure 5 of Radford et al. 2021, against one on the model's
/// own features figure 8, where zero-shot can hardly be better. Immutable.
/// </summary>
public sealed record ClipScoreComparison
{
    /// <summary>The sets, the one where zero-shot is furthest ahead first.</summary>
    public required IReadOnlyList<ClipScorePair> Sets { get; init; }

    /// <summary>
    /// The line of zero-shot on the probe, with r and the slope's intervals; <see langword="null"/> of fewer than three sets, or where one score never
    /// varies.
    /// </summary>
    public required ClipLinearFit? Fit { get; init; }

    /// <summary>The mean of zero-shot's scores.</summary>
    public double MeanZeroShot => Sets.Average(s => s.ZeroShot);

    /// <summary>The mean of the probe's scores.</summary>
    public double MeanProbe => Sets.Average(s => s.Probe);

    /// <summary>On how many sets zero-shot is better.</summary>
    public int Wins => Sets.Count(s => s.Difference > 0);

    /// <summary>Compares.</summary>
    /// <param name="sets">The scores on each set.</param>
    /// <param name="confidence">The confidence of the slope's intervals.</param>
    /// <returns>The comparison.</returns>
    /// <exception cref="ArgumentException">There is no set, two have one name, or a score is not from 0 to 1; the message names the set.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The confidence is none.</exception>
    public static ClipScoreComparison Of(IEnumerable<ClipScorePair> sets, double confidence = 0.95)
    {
        ArgumentNullException.ThrowIfNull(sets);
        ClipScorePair[] all = [.. sets.OrderByDescending(s => s.Difference)];
        if (all.Length == 0)
        {
            throw new ArgumentException("There is no set to compare on.", nameof(sets));
        }
        foreach (var set in all)
        {
            if (set is not { ZeroShot: >= 0 and <= 1, Probe: >= 0 and <= 1 })
            {
                throw new ArgumentException($"'{set.SetName}' has the scores {set.ZeroShot} and {set.Probe}; expected 0 to 1.", nameof(sets));
            }
        }
        if (all.GroupBy(s => s.SetName, StringComparer.Ordinal).FirstOrDefault(g => g.Count() > 1) is { } twice)
        {
            throw new ArgumentException($"'{twice.Key}' is there {twice.Count()} times.", nameof(sets));
        }
        double[] probe = [.. all.Select(s => s.Probe)], zeroShot = [.. all.Select(s => s.ZeroShot)];
        bool isLine = all.Length >= 3 && probe.Distinct().Count() > 1 && zeroShot.Distinct().Count() > 1;
        return new ClipScoreComparison { Sets = all, Fit = isLine ? ClipLinearFit.Of(probe, zeroShot, confidence) : null };
    }

    /// <summary>The sets on which zero-shot comes as near to the probe as that, or is better: five within 3 points in the paper.</summary>
    /// <param name="distance">How far below the probe zero-shot may be, 0 to 1.</param>
    public IReadOnlyList<ClipScorePair> Within(double distance) => [.. Sets.Where(s => s.Difference >= -distance)];

    private bool PrintMembers(StringBuilder builder) => RecordText.Append(builder, this);
}
