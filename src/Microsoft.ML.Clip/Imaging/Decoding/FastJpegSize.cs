using SkiaSharp;

namespace Microsoft.ML.Clip;

/// <summary>
/// Chooses the size at which <see cref="ClipImageDecoding.Fast"/> decodes a JPEG. The inverse DCT of libjpeg can give blocks of 4, 2 or 1 pixels
/// instead of 8, which is a box filter of sorts and cheap.
/// </summary>
internal static class FastJpegSize
{
    /// <summary>
    /// How many decoded pixels there must be, at the least, for each pixel of the resized image. With one and a half the antialiased bicubic filter
    /// still covers six pixels and does most of the low-pass itself; with one, the decoder's box filter would show. Two, tried before, is a quarter slower on
    /// photographs of 12 megapixels.
    /// </summary>
    private const double Oversampling = 1.5;

    public static SKSizeI Choose(SKCodec codec, ClipImagePreprocessorSettings settings)
    {
        var full = codec.Info.Size;
        var geometry = CropGeometry.Create(full.Width, full.Height, settings);
        foreach (int reduction in (ReadOnlySpan<int>)[8, 4, 2])
        {
            var size = codec.GetScaledDimensions(1f / reduction);
            if (size.Width >= Oversampling * geometry.Columns.ResizedSize && size.Height >= Oversampling * geometry.Rows.ResizedSize)
            {
                return size;
            }
        }
        return full;
    }
}
