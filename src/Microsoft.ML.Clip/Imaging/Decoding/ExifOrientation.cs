using System.Runtime.InteropServices;
using SkiaSharp;

namespace Microsoft.ML.Clip;

/// <summary>
/// Turns a picture upright, as Pillow's <c>ImageOps.exif_transpose</c>. An origin names where row 0 and column 0 of the stored picture belong.
/// </summary>
internal static class ExifOrientation
{
    /// <summary>Returns the upright picture, and its size.</summary>
    public static PixelMemory Apply(PixelMemory source, ref SKSizeI size, SKEncodedOrigin origin)
    {
        (int width, int height) = (size.Width, size.Height);
        // The last four origins exchange rows and columns.
        bool transposes = origin >= SKEncodedOrigin.LeftTop;
        size = transposes ? new SKSizeI(height, width) : size;
        var result = new PixelMemory(source.Length);
        ReadOnlySpan<uint> from = MemoryMarshal.Cast<byte, uint>(source.Span);
        var to = MemoryMarshal.Cast<byte, uint>(result.Span);
        for (int y = 0; y < size.Height; y++)
        {
            for (int x = 0; x < size.Width; x++)
            {
                (int column, int row) = transposes ? (y, x) : (x, y);
                column = MirrorsColumns(origin) ? width - 1 - column : column;
                row = MirrorsRows(origin) ? height - 1 - row : row;
                to[(y * size.Width) + x] = from[(row * width) + column];
            }
        }
        return result;
    }

    // In terms of the stored picture: its columns run from right to left (in the upright picture: or from bottom to top).
    private static bool MirrorsColumns(SKEncodedOrigin origin) =>
        origin is SKEncodedOrigin.TopRight or SKEncodedOrigin.BottomRight or SKEncodedOrigin.RightBottom or SKEncodedOrigin.LeftBottom;

    private static bool MirrorsRows(SKEncodedOrigin origin) =>
        origin is SKEncodedOrigin.BottomRight or SKEncodedOrigin.BottomLeft or SKEncodedOrigin.RightTop or SKEncodedOrigin.RightBottom;
}
