using System.Globalization;
using MathNet.Numerics.Distributions;

namespace Microsoft.ML.Clip;

/// <summary>A straight line through points, and how sure it is: y = slope · x + intercept, by ordinary least squares. Immutable.</summary>
public sealed class ClipLinearFit
{
    private readonly double[] _x, _y;

    // How much more y varies than x.
    private readonly double _spread;

    private ClipLinearFit(double[] x, double[] y, double confidence)
    {
        (_x, _y, Confidence) = (x, y, confidence);
        (Slope, Intercept, Correlation) = LeastSquares.Fit(x, y);
        double meanX = x.Average(), meanY = y.Average();
        _spread = Math.Sqrt(y.Sum(v => (v - meanY) * (v - meanY)) / x.Sum(v => (v - meanX) * (v - meanX)));
    }

    /// <summary>The slope.</summary>
    public double Slope { get; }

    /// <summary>Where x is 0.</summary>
    public double Intercept { get; }

    /// <summary>Pearson's r, -1 to 1.</summary>
    public double Correlation { get; }

    /// <summary>How many points there are.</summary>
    public int Count => _x.Length;

    /// <summary>The confidence of the intervals.</summary>
    public double Confidence { get; }

    /// <summary>The two-sided p value of the correlation: how probable one such as this or a larger one is where there is none (Student's t).</summary>
    public double PValue => Rest == 0 ? 0 : 2 * StudentT.CDF(0, 1, Count - 2, -Math.Abs(Correlation) * Math.Sqrt((Count - 2) / Rest));

    /// <summary>The standard error of the slope.</summary>
    public double SlopeError => _spread * Math.Sqrt(Rest / (Count - 2));

    /// <summary>The slope's interval where distances from the line are normal (Student's t).</summary>
    public ClipInterval SlopeInterval
    {
        get
        {
            double width = SlopeError * StudentT.InvCDF(0, 1, Count - 2, 1 - ((1 - Confidence) / 2));
            return new(Slope - width, Slope + width);
        }
    }

    // What the line does not explain; below 0 for rounding alone.
    private double Rest => Math.Max(0, 1 - (Correlation * Correlation));

    /// <summary>Fits a line.</summary>
    /// <param name="x">A value for each point, finite.</param>
    /// <param name="y">The other, finite.</param>
    /// <param name="confidence">The confidence of the intervals, above 0 and below 1.</param>
    /// <returns>The line.</returns>
    /// <exception cref="ArgumentException">
    /// The lists are not of one length, there are fewer than three points, a value is not finite, or x or y is the same for all.
    /// </exception>
    /// <exception cref="ArgumentOutOfRangeException">The confidence is none.</exception>
    public static ClipLinearFit Of(IReadOnlyList<double> x, IReadOnlyList<double> y, double confidence = 0.95)
    {
        ArgumentNullException.ThrowIfNull(x);
        ArgumentNullException.ThrowIfNull(y);
        if (confidence is not (> 0 and < 1))
        {
            throw new ArgumentOutOfRangeException(nameof(confidence), confidence, "The confidence must lie between 0 and 1.");
        }
        if (x.Count != y.Count || x.Count < 3)
        {
            throw new ArgumentException($"There are {x.Count} and {y.Count} values; expected as many, and three at least.", nameof(y));
        }
        for (int i = 0; i < x.Count; i++)
        {
            if (!double.IsFinite(x[i]) || !double.IsFinite(y[i]))
            {
                throw new ArgumentException($"Point {i} (counted from 0) is ({x[i]}, {y[i]}); expected finite values.", nameof(y));
            }
        }
        return x.All(v => v == x[0]) || y.All(v => v == y[0]) ? throw new ArgumentException($"All {x.Count} points have the same x or the same y: nothing goes together.", nameof(y))
            : new([.. x], [.. y], confidence);
    }

    /// <summary>What the line says at a place.</summary>
    /// <param name="x">The place.</param>
    public double At(double x) => (Slope * x) + Intercept;

    /// <summary>The slope's interval without an assumption on distances: points are drawn with replacement and the line is fitted again.</summary>
    /// <param name="resamples">How often.</param>
    /// <param name="seed">Where chance starts: the same seed gives the same interval.</param>
    /// <returns>The middle of the slopes.</returns>
    /// <exception cref="ArgumentOutOfRangeException">There is no resample.</exception>
    public ClipInterval BootstrapSlope(int resamples = 1000, int seed = 0)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(resamples, 1);
        return Bootstrap.Middle([.. Bootstrap.Lines(_x, _y, resamples, seed).Select(line => line.Slope)], Confidence);
    }

    /// <inheritdoc/>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"y = {Slope:F4} · x {Intercept:+ 0.0000;- 0.0000} (r = {Correlation:F3}, p = {PValue:G3}, {Count} points)");
}
