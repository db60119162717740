using System.Buffers.Binary;
using SkiaSharp;

namespace Microsoft.ML.Clip;

/// <summary>
/// Bitmaps of 16 bits a pixel, whose 5 or 6 bits a channel must be spread over 0 to 255. The decoder rounds; Pillow truncates
/// (<c>ImagingUnpackBGR15</c>, <c>ImagingUnpackBGR16</c>).
/// </summary>
internal static class SixteenBitBmp
{
    private const int InfoHeader = 14;
    private const int BitsOffset = InfoHeader + 14;
    private const int CompressionOffset = InfoHeader + 16;
    private const int GreenMaskOffset = InfoHeader + 44;
    private const int BitFields = 3;
    private const int SixBitsOfGreen = 0x7E0;

    public static bool IsNeeded(ReadOnlySpan<byte> file, SKEncodedImageFormat format) =>
        format == SKEncodedImageFormat.Bmp && file.Length > GreenMaskOffset + sizeof(int)
        && BinaryPrimitives.ReadInt32LittleEndian(file[InfoHeader..]) >= 40 && BinaryPrimitives.ReadUInt16LittleEndian(file[BitsOffset..]) == 16;

    /// <summary>Replaces what the decoder made of the channels by what Pillow makes of them.</summary>
    public static void Truncate(ReadOnlySpan<byte> file, Span<byte> pixels)
    {
        bool hasMasks = BinaryPrimitives.ReadInt32LittleEndian(file[CompressionOffset..]) == BitFields;
        int greenBits = hasMasks && BinaryPrimitives.ReadInt32LittleEndian(file[GreenMaskOffset..]) == SixBitsOfGreen ? 6 : 5;
        for (int i = 0; i + 3 < pixels.Length; i += 4)
        {
            pixels[i] = Spread(pixels[i], 5);
            pixels[i + 1] = Spread(pixels[i + 1], greenBits);
            pixels[i + 2] = Spread(pixels[i + 2], 5);
        }
    }

    // The upper bits are the stored ones, however the decoder filled the lower.
    private static byte Spread(byte value, int bits) => (byte)((value >> (8 - bits)) * 255 / ((1 << bits) - 1));
}
