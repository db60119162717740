namespace Microsoft.ML.Clip;

/// <summary>
/// Metrics of an order: which rows a score puts first. Rows of equal score come together, so that no result depends on the order in which they were given.
/// Thread-safe.
/// </summary>
public static class ClipRankingMetrics
{
    private const int Points = 11;

    /// <summary>
    /// The area under the receiver's curve: the probability that a positive row has a higher score than a negative one, equal scores counting half. The paper's
    /// metric of Hateful Memes.
    /// </summary>
    /// <param name="scores">A score for each row.</param>
    /// <param name="isPositive">Whether the row is positive.</param>
    /// <returns>0 to 1; 0.5 is chance.</returns>
    /// <exception cref="ArgumentException">The lists are not of one length, a score is NaN, or one of the two classes has no row.</exception>
    public static double RocAuc(ReadOnlySpan<float> scores, ReadOnlySpan<bool> isPositive)
    {
        Check(scores, isPositive);
        double[] values = new double[scores.Length];
        for (int i = 0; i < values.Length; i++)
        {
            values[i] = scores[i];
        }
        double[] ranks = Ranks.Of(values);
        double sum = 0, positives = 0;
        for (int i = 0; i < values.Length; i++)
        {
            (sum, positives) = isPositive[i] ? (sum + ranks[i], positives + 1) : (sum, positives);
        }
        double negatives = values.Length - positives;
        return positives == 0 || negatives == 0
            ? throw new ArgumentException($"The area under the curve compares two kinds of rows; here are {positives} positive and {negatives} negative.", nameof(isPositive))
            : (sum - (positives * (positives + 1) / 2)) / (positives * negatives);
    }

    /// <summary>
    /// Average precision of Pascal VOC up to 2007, the paper's metric of it: the mean over the recalls 0, 0.1, ..., 1 of the highest precision at that
    /// recall or above. Rows that are marked difficult for a class are to be left out by the caller.
    /// </summary>
    /// <param name="scores">A score for each row.</param>
    /// <param name="isPositive">Whether the row is positive.</param>
    /// <returns>0 to 1.</returns>
    /// <exception cref="ArgumentException">The lists are not of one length, a score is NaN, or no row is positive.</exception>
    public static double ElevenPointAveragePrecision(ReadOnlySpan<float> scores, ReadOnlySpan<bool> isPositive)
    {
        var curve = Curve(scores, isPositive, out int positives);
        double sum = 0;
        for (int i = 0; i < Points; i++)
        {
            double highest = 0;
            foreach (var (hits, count) in curve)
            {
                // In whole numbers: 0.3 of ten is three, which no fraction says.
                highest = hits * (Points - 1L) >= (long)i * positives ? Math.Max(highest, hits / (double)count) : highest;
            }
            sum += highest;
        }
        return sum / Points;
    }

    /// <summary>
    /// Average precision: the mean precision over the recall that each score adds. It is scikit-learn's <c>average_precision_score</c> and
    /// CLIP_benchmark's metric of sets with several labels, and differs from <see cref="ElevenPointAveragePrecision"/> by points.
    /// </summary>
    /// <inheritdoc cref="ElevenPointAveragePrecision"/>
    public static double AveragePrecision(ReadOnlySpan<float> scores, ReadOnlySpan<bool> isPositive)
    {
        var curve = Curve(scores, isPositive, out int positives);
        double sum = 0;
        int before = 0;
        foreach (var (hits, count) in curve)
        {
            sum += (hits - before) / (double)positives * (hits / (double)count);
            before = hits;
        }
        return sum;
    }

    /// <summary>Hits and rows at each score, from the highest on.</summary>
    private static List<(int Hits, int Count)> Curve(ReadOnlySpan<float> scores, ReadOnlySpan<bool> isPositive, out int positives)
    {
        Check(scores, isPositive);
        float[] sorted = scores.ToArray();
        bool[] order = isPositive.ToArray();
        Array.Sort(sorted, order);
        var curve = new List<(int Hits, int Count)>();
        int hits = 0;
        for (int i = sorted.Length - 1; i >= 0; i--)
        {
            hits += order[i] ? 1 : 0;
            if (i == 0 || sorted[i - 1] != sorted[i])
            {
                curve.Add((hits, sorted.Length - i));
            }
        }
        positives = hits;
        return hits > 0 ? curve : throw new ArgumentException($"Precision needs a positive row; none of {scores.Length} is.", nameof(isPositive));
    }

    private static void Check(ReadOnlySpan<float> scores, ReadOnlySpan<bool> isPositive)
    {
        if (scores.Length != isPositive.Length)
        {
            throw new ArgumentException($"There are {scores.Length} scores, but {isPositive.Length} answers.", nameof(isPositive));
        }
        for (int i = 0; i < scores.Length; i++)
        {
            if (float.IsNaN(scores[i]))
            {
                throw new ArgumentException($"Row {i} (counted from 0) has the score NaN.", nameof(scores));
            }
        }
    }
}
