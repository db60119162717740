namespace Microsoft.ML.Clip;

/// <summary>
/// Finds a step length that satisfies the strong Wolfe conditions (Nocedal and Wright, Numerical Optimization, 2nd edition, algorithms 3.5 and 3.6,
/// with cubic interpolation).
/// </summary>
/// <param name="probe">The value and the slope at a step length. After success, the last call was the one for the length found.</param>
internal sealed class WolfeLineSearch(Func<double, (double Value, double Slope)> probe)
{
    private const double SufficientDecrease = 1e-4;
    private const double CurvatureFraction = 0.9;
    private const int MaximumProbes = 20;
    private const double LargestStep = 1e10;

    // Values this close cannot be told apart: sums of float32 terms.
    private const double Noise = 1e-9;

    /// <summary>Searches, starting with a length of 1.</summary>
    /// <param name="value0">The value at 0.</param>
    /// <param name="slope0">The slope at 0; negative.</param>
    /// <param name="value">The value at the length found.</param>
    /// <returns>Whether a length was found at which the value is lower.</returns>
    public bool TryFind(double value0, double slope0, out double value)
    {
        value = value0;
        if (!(slope0 < 0))
        {
            return false;
        }
        double slack = Noise * Math.Abs(value0);
        (double T, double F, double G) low = (0, value0, slope0), high = (double.NaN, 0, 0);
        double t = 1;
        for (int i = 0; i < MaximumProbes; i++)
        {
            var (f, g) = probe(t);
            value = f;
            bool tooHigh = !(f <= value0 + SufficientDecrease * t * slope0 + slack) || (low.T > 0 && f >= low.F + slack) || double.IsNaN(g);
            if (!tooHigh && Math.Abs(g) <= -CurvatureFraction * slope0)
            {
                return true;
            }
            if (tooHigh)
            {
                high = (t, f, g);
            }
            else
            {
                if (double.IsNaN(high.T) ? g >= 0 : g * (high.T - low.T) >= 0)
                {
                    high = low;
                }
                low = (t, f, g);
            }
            if (double.IsNaN(high.T))
            {
                t = Math.Min(LargestStep, t * 4);
                continue;
            }
            double width = Math.Abs(high.T - low.T);
            if (width <= 1e-12 * Math.Max(low.T, high.T))
            {
                break;
            }
            t = Interpolate(low, high);
        }
        // The best found so far, if it is any good.
        if (low.T > 0 && low.F < value0)
        {
            (value, _) = probe(low.T);
            return true;
        }
        return false;
    }

    // The minimum of the cubic through both ends, kept away from them.
    private static double Interpolate((double T, double F, double G) a, (double T, double F, double G) b)
    {
        double width = b.T - a.T, fallback = a.T + width / 2;
        if (!double.IsFinite(b.F) || !double.IsFinite(b.G))
        {
            return a.T + width / 10;
        }
        double d1 = a.G + b.G - 3 * (a.F - b.F) / (a.T - b.T);
        double square = d1 * d1 - a.G * b.G;
        if (!(square >= 0))
        {
            return fallback;
        }
        double d2 = Math.Sign(width) * Math.Sqrt(square);
        double t = b.T - width * ((b.G + d2 - d1) / (b.G - a.G + 2 * d2));
        double share = (t - a.T) / width;
        return double.IsFinite(share) ? a.T + width * Math.Clamp(share, 0.1, 0.9) : fallback;
    }
}
