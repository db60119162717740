namespace Microsoft.ML.Clip;

/// <summary>Lines through points that are drawn again and again, and the middle of what follows (Efron 1979).</summary>
internal static class Bootstrap
{
    /// <summary>Lines through as many points, drawn with replacement.</summary>
    public static IEnumerable<LeastSquares> Lines(double[] x, double[] y, int resamples, int seed)
    {
        var random = new Random(seed);
        double[] drawnX = new double[x.Length], drawnY = new double[y.Length];
        for (int i = 0; i < resamples; i++)
        {
            do
            {
                for (int point = 0; point < x.Length; point++)
                {
                    int drawn = random.Next(x.Length);
                    (drawnX[point], drawnY[point]) = (x[drawn], y[drawn]);
                }
            }
            // One point drawn over and over makes no line.
            while (drawnX.All(value => value == drawnX[0]));
            yield return LeastSquares.Fit(drawnX, drawnY);
        }
    }

    /// <summary>The middle part of values, which are sorted here.</summary>
    public static ClipInterval Middle(double[] values, double confidence)
    {
        Array.Sort(values);
        double tail = (1 - confidence) / 2;
        return new(Quantile(values, tail), Quantile(values, 1 - tail));
    }

    // Between two values in proportion, as numpy's percentile.
    private static double Quantile(double[] sorted, double part)
    {
        double place = part * (sorted.Length - 1);
        int below = (int)place, above = Math.Min(below + 1, sorted.Length - 1);
        return sorted[below] + ((place - below) * (sorted[above] - sorted[below]));
    }
}
