using System.Buffers.Binary;
using SkiaSharp;

namespace Microsoft.ML.Clip;

/// <summary>
/// Files of parts, of which the decoder is content with those that are there: of an icon cut short it would give a smaller picture than the file
/// holds, of an animation the first frame. Pillow refuses both, and a file that lost its end is not to be trusted.
/// </summary>
internal static class ContainerLength
{
    private const int IconHeader = 6;
    private const int IconEntry = 16;

    /// <summary>The length that the file should have at least, by its own account; 0 if it gives none.</summary>
    public static long Stated(ReadOnlySpan<byte> file, SKEncodedImageFormat format) => format switch
    {
        SKEncodedImageFormat.Webp when file.Length >= 8 => 8L + BinaryPrimitives.ReadUInt32LittleEndian(file[4..]),
        SKEncodedImageFormat.Ico when file.Length >= IconHeader => OfIcon(file),
        _ => 0,
    };

    // The directory: a count, then 16 bytes for each picture, of which the last eight are its length and place.
    private static long OfIcon(ReadOnlySpan<byte> file)
    {
        int count = BinaryPrimitives.ReadUInt16LittleEndian(file[4..]);
        long end = IconHeader + ((long)count * IconEntry);
        for (int entry = IconHeader; entry + IconEntry <= file.Length && count > 0; entry += IconEntry, count--)
        {
            long length = BinaryPrimitives.ReadUInt32LittleEndian(file[(entry + 8)..]);
            end = Math.Max(end, length + BinaryPrimitives.ReadUInt32LittleEndian(file[(entry + 12)..]));
        }
        return end;
    }
}
