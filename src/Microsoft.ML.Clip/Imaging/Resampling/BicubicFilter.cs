namespace Microsoft.ML.Clip;

/// <summary>
/// The cubic convolution kernel of Keys (1981) with a = -0.5, as in Pillow's <c>bicubic_filter</c>. OpenCV, PyTorch's own interpolation and many
/// others use a = -0.75, which gives visibly sharper images: the constant matters.
/// </summary>
internal static class BicubicFilter
{
    public const double Support = 2.0;

    private const double A = -0.5;

    /// <summary>The weight at distance <paramref name="x"/>, in the order of operations of the reference, for equal rounding.</summary>
    public static double Evaluate(double x)
    {
        x = Math.Abs(x);
        if (x < 1.0)
        {
            return (((A + 2.0) * x) - (A + 3.0)) * x * x + 1;
        }
        return x < 2.0 ? ((((x - 5) * x) + 8) * x - 4) * A : 0.0;
    }
}
