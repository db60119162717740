using System.Diagnostics;
using SkiaSharp;

namespace Microsoft.ML.Clip;

/// <summary>
/// Decodes gray PNGs of 16 bits, of which the decoder would keep only the high byte. See <see cref="PngHeader.DeclareGrayAlpha"/> for how it
/// comes by both.
/// </summary>
internal static class SixteenBitGrayDecoder
{
    public static PixelMemory Decode(ReadOnlySpan<byte> file, SKSizeI size, ClipSixteenBitGray treatment)
    {
        using var changed = new PixelMemory(file.Length);
        file.CopyTo(changed.Span);
        PngHeader.DeclareGrayAlpha(changed.Span);
        var pixels = ImageDecoder.Decode(changed, size);
        var bytes = pixels.Span;
        for (int i = 0; i + 3 < bytes.Length; i += 4)
        {
            (byte high, byte low) = (bytes[i], bytes[i + 3]);
            byte gray = treatment == ClipSixteenBitGray.Scale ? high : high > 0 ? byte.MaxValue : low;
            (bytes[i], bytes[i + 1], bytes[i + 2], bytes[i + 3]) = (gray, gray, gray, byte.MaxValue);
        }
        return pixels;
    }
}
