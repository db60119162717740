namespace Microsoft.ML.Clip;

/// <summary>The filters' formulas (Pillow, src/libImaging/Resample.c). Distances are in units of the wider of input and output pixel.</summary>
internal static class ResampleKernel
{
    /// <summary>The distance beyond which the filter is zero.</summary>
    public static double Support(ResampleFilter filter) => filter switch
    {
        ResampleFilter.Box => 0.5,
        ResampleFilter.Bilinear or ResampleFilter.Hamming => 1.0,
        ResampleFilter.Bicubic => BicubicFilter.Support,
        ResampleFilter.Lanczos => 3.0,
        _ => throw new ArgumentOutOfRangeException(nameof(filter), filter, "The filter has no kernel."),
    };

    /// <summary>The weight, before normalisation, at distance <paramref name="x"/> from the centre.</summary>
    public static double Evaluate(ResampleFilter filter, double x) => filter switch
    {
        ResampleFilter.Box => x is > -0.5 and <= 0.5 ? 1.0 : 0.0,
        ResampleFilter.Bilinear => Math.Max(0.0, 1.0 - Math.Abs(x)),
        ResampleFilter.Hamming => Hamming(Math.Abs(x)),
        ResampleFilter.Bicubic => BicubicFilter.Evaluate(x),
        ResampleFilter.Lanczos => x is >= -3.0 and < 3.0 ? Sinc(x) * Sinc(x / 3) : 0.0,
        _ => throw new ArgumentOutOfRangeException(nameof(filter), filter, "The filter has no kernel."),
    };

    private static double Sinc(double x) => x == 0.0 ? 1.0 : Math.Sin(x * Math.PI) / (x * Math.PI);

    // The reference writes the window's constants as single precision literals.
    private static double Hamming(double x) => x switch
    {
        0.0 => 1.0,
        >= 1.0 => 0.0,
        _ => Sinc(x) * (0.54f + (0.46f * Math.Cos(x * Math.PI))),
    };
}

/// <summary>The resampling filters of Pillow. The values are Pillow's codes, which preprocessor_config.json stores as <c>resample</c>.</summary>
internal enum ResampleFilter
{
    Nearest = 0,
    Lanczos = 1,
    Bilinear = 2,
    Bicubic = 3,
    Box = 4,
    Hamming = 5,
}

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
