using System.Text;
using MathNet.Numerics.Distributions;

namespace Microsoft.ML.Clip;

/// <summary>
/// Whether a test set's accuracy is inflated by images that the model was trained on: its rows split into those that overlap and those that are clean.
/// Radford et
/// al. 2021, section 5 and figure 17. Immutable.
/// </summary>
/// <remarks>
/// A difference need not be memory: the rows that overlap may be of other classes, or easier or harder, than those that are clean. In the paper the overlap of
/// Kinetics was frames of black, on which accuracy fell by 20 points. Look at them before a conclusion is drawn; and threshold by eye
/// (<see cref="ClipDuplicateSearch"/>).
/// </remarks>
public sealed record ClipOverlap
{
    /// <summary>The name of the test set.</summary>
    public required string SetName { get; init; }

    /// <summary>The rows that overlap.</summary>
    public required ClipHits Overlap { get; init; }

    /// <summary>The others.</summary>
    public required ClipHits Clean { get; init; }

    /// <summary>All rows.</summary>
    public ClipHits All => new(Overlap.Hits + Clean.Hits, Overlap.Count + Clean.Count);

    /// <summary>The share of rows that overlap, 0 to 1.</summary>
    public double Contamination => Overlap.Count / (double)All.Count;

    /// <summary>
    /// The paper's main number: how much accuracy on all rows is above that on the clean ones, -1 to 1; <see langword="null"/> where no row is clean.
    /// </summary>
    public double? Inflation => All.Accuracy - Clean.Accuracy;

    /// <summary>How much accuracy on the overlap is above that on the clean rows; <see langword="null"/> where either has no row.</summary>
    public double? Difference => Overlap.Accuracy - Clean.Accuracy;

    /// <summary>
    /// The 99.5% interval of <see cref="Difference"/>: Clopper and Pearson's of the overlap, less the accuracy on the clean rows, which is taken for known.
    /// </summary>
    public ClipInterval? DifferenceInterval =>
        Overlap.Interval is { } interval && Clean.Accuracy is { } clean ? new(interval.Lower - clean, interval.Upper - clean) : null;

    /// <summary>
    /// The one-sided p value: how probable so many hits in the overlap or more are where the accuracy is that on the clean rows (a binomial test);
    /// <see langword="null"/> where either has no row. Of several sets, see <see cref="IsSignificant"/>.
    /// </summary>
    public double? PValue => Overlap.Count == 0 || Clean.Accuracy is not { } rate ? null : AtLeast(Overlap.Hits, Overlap.Count, rate);

    /// <summary>Splits rows.</summary>
    /// <param name="setName">The name of the test set.</param>
    /// <param name="isHit">Whether the model got each row right.</param>
    /// <param name="overlaps">Whether each row overlaps.</param>
    /// <returns>The split.</returns>
    /// <exception cref="ArgumentException">There is no row, or not as many answers as rows.</exception>
    public static ClipOverlap Of(string setName, ReadOnlySpan<bool> isHit, ReadOnlySpan<bool> overlaps)
    {
        if (isHit.Length != overlaps.Length || isHit.IsEmpty)
        {
            throw new ArgumentException($"'{setName}' has {isHit.Length} rows that are right or wrong, and {overlaps.Length} that overlap or not; expected as many, and one at least.", nameof(overlaps));
        }
        int hits = 0, count = 0, cleanHits = 0;
        for (int i = 0; i < isHit.Length; i++)
        {
            count += overlaps[i] ? 1 : 0;
            hits += isHit[i] && overlaps[i] ? 1 : 0;
            cleanHits += isHit[i] && !overlaps[i] ? 1 : 0;
        }
        return new ClipOverlap { SetName = setName, Overlap = new(hits, count), Clean = new(cleanHits, isHit.Length - count) };
    }

    /// <summary>Splits rows at a threshold of the nearest training row's cosine.</summary>
    /// <param name="setName">The name of the test set.</param>
    /// <param name="isHit">Whether the model got each row right.</param>
    /// <param name="nearest">The nearest training row of each, in any order.</param>
    /// <param name="threshold">The cosine from which on a row overlaps, set by eye.</param>
    /// <returns>The split.</returns>
    /// <exception cref="ArgumentException">There is no row, or not one pair for each row, or the threshold is NaN.</exception>
    public static ClipOverlap Of(string setName, ReadOnlySpan<bool> isHit, IReadOnlyList<ClipDuplicate> nearest, double threshold)
    {
        ArgumentNullException.ThrowIfNull(nearest);
        if (double.IsNaN(threshold))
        {
            throw new ArgumentException("The threshold is NaN.", nameof(threshold));
        }
        bool[] overlaps = new bool[isHit.Length], isThere = new bool[isHit.Length];
        foreach (var pair in nearest)
        {
            if ((uint)pair.TestRow >= (uint)overlaps.Length || isThere[pair.TestRow])
            {
                throw new ArgumentException($"There is a pair of row {pair.TestRow} of '{setName}'; expected one for each from 0 to {overlaps.Length - 1}.", nameof(nearest));
            }
            (isThere[pair.TestRow], overlaps[pair.TestRow]) = (true, pair.Cosine >= threshold);
        }
        return nearest.Count != overlaps.Length ? throw new ArgumentException($"There are {nearest.Count} pairs for the {overlaps.Length} rows of '{setName}'.", nameof(nearest))
            : Of(setName, isHit, overlaps);
    }

    /// <summary>
    /// Whether the overlap helps by more than luck, where so many sets are looked at: the p value is held against a part of the level (Bonferroni).
    /// </summary>
    /// <param name="sets">How many sets are tested together, those without overlap left out.</param>
    /// <param name="level">The level for all sets together.</param>
    /// <exception cref="ArgumentOutOfRangeException">The sets are below 1, or the level is not above 0 and below 1.</exception>
    public bool IsSignificant(int sets, double level = 0.05)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(sets, 1);
        if (level is not (> 0 and < 1))
        {
            throw new ArgumentOutOfRangeException(nameof(level), level, "The level must lie between 0 and 1.");
        }
        return PValue < level / sets;
    }

    // As a sum over misses, which keeps the digits of a small p value: 1 - P(fewer hits) would not.
    internal static double AtLeast(long hits, long count, double rate) => hits == 0 ? 1 : Binomial.CDF(1 - rate, checked((int)count), count - hits);

    private bool PrintMembers(StringBuilder builder) => RecordText.Append(builder, this);
}
