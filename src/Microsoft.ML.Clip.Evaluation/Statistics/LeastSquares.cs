namespace Microsoft.ML.Clip;

/// <summary>A straight line through points: y = slope · x + intercept.</summary>
/// <param name="Slope">The slope.</param>
/// <param name="Intercept">Where x is 0.</param>
/// <param name="Correlation">Pearson's r; NaN where x or y does not vary.</param>
internal readonly record struct LeastSquares(double Slope, double Intercept, double Correlation)
{
    /// <summary>The line with the least sum of squared distances in y.</summary>
    /// <exception cref="ArgumentException">There are not two places in x.</exception>
    public static LeastSquares Fit(ReadOnlySpan<double> x, ReadOnlySpan<double> y)
    {
        double meanX = Mean(x), meanY = Mean(y), xx = 0, xy = 0, yy = 0;
        for (int i = 0; i < x.Length; i++)
        {
            double dx = x[i] - meanX, dy = y[i] - meanY;
            (xx, xy, yy) = (xx + (dx * dx), xy + (dx * dy), yy + (dy * dy));
        }
        if (!(xx > 0))
        {
            throw new ArgumentException($"A line needs points at two places at least; all {x.Length} have the same x.");
        }
        return new(xy / xx, meanY - (xy / xx * meanX), xy / Math.Sqrt(xx * yy));
    }

    private static double Mean(ReadOnlySpan<double> values)
    {
        double sum = 0;
        foreach (double value in values)
        {
            sum += value;
        }
        return sum / values.Length;
    }
}
