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
