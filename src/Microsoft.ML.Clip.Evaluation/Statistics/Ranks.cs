namespace Microsoft.ML.Clip;

/// <summary>Ranks of values, where equal ones share the mean of their places.</summary>
internal static class Ranks
{
    /// <summary>The rank of each value, from 1; the least has the lowest.</summary>
    public static double[] Of(ReadOnlySpan<double> values)
    {
        double[] sorted = values.ToArray();
        int[] order = [.. Enumerable.Range(0, sorted.Length)];
        Array.Sort(sorted, order);
        double[] ranks = new double[sorted.Length];
        for (int start = 0; start < sorted.Length;)
        {
            int end = start + 1;
            while (end < sorted.Length && sorted[end] == sorted[start])
            {
                end++;
            }
            for (int i = start; i < end; i++)
            {
                ranks[order[i]] = (start + end + 1) / 2.0;
            }
            start = end;
        }
        return ranks;
    }

    /// <summary>Spearman's rank correlation; NaN where one side does not vary.</summary>
    public static double Correlation(ReadOnlySpan<double> x, ReadOnlySpan<double> y)
    {
        double[] ranks = Of(x);
        return ranks.All(r => r == ranks[0]) ? double.NaN : LeastSquares.Fit(ranks, Of(y)).Correlation;
    }
}
