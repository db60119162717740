using MathNet.Numerics.Distributions;

namespace Microsoft.ML.Clip;

/// <summary>An interval that is meant to hold a value.</summary>
/// <param name="Lower">Its lower end; of a rate, 0 to 1.</param>
/// <param name="Upper">Its upper end; of a rate, 0 to 1.</param>
public readonly record struct ClipInterval(double Lower, double Upper)
{
    /// <summary>The confidence that the paper's tables and plots have: 99.5%.</summary>
    public const double PaperConfidence = 0.995;

    /// <summary>
    /// The exact interval of a rate (Clopper and Pearson 1934), which holds the true one at least as often as the confidence says. Radford et al. 2021,
    /// table 10 and figure 13.
    /// </summary>
    /// <param name="hits">How many of them were right.</param>
    /// <param name="count">How many there were; at least 1.</param>
    /// <param name="confidence">The confidence, above 0 and below 1.</param>
    /// <returns>The interval; from 0 without a hit, to 1 without a miss.</returns>
    /// <exception cref="ArgumentOutOfRangeException">The hits are not from 0 to the count, the count is below 1, or the confidence is none.</exception>
    public static ClipInterval ClopperPearson(long hits, long count, double confidence = PaperConfidence)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
        ArgumentOutOfRangeException.ThrowIfNegative(hits);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(hits, count);
        if (confidence is not (> 0 and < 1))
        {
            throw new ArgumentOutOfRangeException(nameof(confidence), confidence, "The confidence must lie between 0 and 1.");
        }
        double tail = (1 - confidence) / 2;
        return new ClipInterval(
            hits == 0 ? 0 : Beta.InvCDF(hits, count - hits + 1, tail),
            hits == count ? 1 : Beta.InvCDF(hits + 1, count - hits, 1 - tail));
    }

    /// <summary>The same of a share of rows that need not be whole numbers.</summary>
    internal static ClipInterval ClopperPearsonOfShare(double share, double count)
    {
        const double Tail = (1 - PaperConfidence) / 2;
        double hits = share * count, misses = count - hits;
        return new ClipInterval(
            share <= 0 ? 0 : Math.Min(share, Beta.InvCDF(hits, misses + 1, Tail)),
            share >= 1 ? 1 : Math.Max(share, Beta.InvCDF(hits + 1, misses, 1 - Tail)));
    }
}
