using System.Runtime.InteropServices;
using SkiaSharp;

namespace Microsoft.ML.Clip;

/// <summary>
/// Turns a picture upright, as Pillow's <c>ImageOps.exif_transpose</c>. An origin names where row 0 and column 0 of the stored picture belong.
/// </summary>
internal static class ExifOrientation
{
    /// <summary>Reads a picture row by row into an upright one.</summary>
    public static PixelRowsInMemory Apply(PixelRows source, SKEncodedOrigin origin)
    {
        (int width, int height) = (source.Width, source.Height);
        bool transposes = Transposes(origin), mirrorsColumns = MirrorsColumns(origin), mirrorsRows = MirrorsRows(origin);
        (int uprightWidth, int uprightHeight) = transposes ? (height, width) : (width, height);
        var result = new PixelMemory((long)width * height * ImageResizer.Channels);
        try
        {
            var to = MemoryMarshal.Cast<byte, uint>(result.Span);
            for (int y = 0; y < height; y++)
            {
                var from = MemoryMarshal.Cast<byte, uint>(source.Row(y));
                int row = mirrorsRows ? height - 1 - y : y;
                for (int x = 0; x < width; x++)
                {
                    int column = mirrorsColumns ? width - 1 - x : x;
                    to[transposes ? (column * uprightWidth) + row : (row * uprightWidth) + column] = from[x];
                }
            }
        }
        catch
        {
            result.Dispose();
            throw;
        }
        return new PixelRowsInMemory(result, uprightWidth, uprightHeight)
        {
            OriginalWidth = transposes ? source.OriginalHeight : source.OriginalWidth,
            OriginalHeight = transposes ? source.OriginalWidth : source.OriginalHeight,
            Alpha = source.Alpha,
        };
    }

    // The last four origins exchange rows and columns.
    private static bool Transposes(SKEncodedOrigin origin) => origin >= SKEncodedOrigin.LeftTop;

    // In terms of the stored picture: its columns run from right to left (in the upright picture: or from bottom to top).
    private static bool MirrorsColumns(SKEncodedOrigin origin) =>
        origin is SKEncodedOrigin.TopRight or SKEncodedOrigin.BottomRight or SKEncodedOrigin.RightBottom or SKEncodedOrigin.LeftBottom;

    private static bool MirrorsRows(SKEncodedOrigin origin) =>
        origin is SKEncodedOrigin.BottomRight or SKEncodedOrigin.BottomLeft or SKEncodedOrigin.RightTop or SKEncodedOrigin.RightBottom;
}
