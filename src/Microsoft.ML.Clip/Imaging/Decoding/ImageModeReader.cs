using System.Buffers.Binary;
using SkiaSharp;

namespace Microsoft.ML.Clip;

/// <summary>Finds out from a file's header which mode Pillow would open it in. The decoder itself does not tell.</summary>
internal static class ImageModeReader
{
    public static ImageMode Read(ReadOnlySpan<byte> file, SKEncodedImageFormat format, bool hasAlpha) => format switch
    {
        SKEncodedImageFormat.Png when PngHeader.TryRead(file, out var header) => OfPng(header),
        SKEncodedImageFormat.Gif when GifHeader.TryRead(file, out var header) => header.IsGrayRamp(file) ? ImageMode.Opaque : ImageMode.Indexed,
        SKEncodedImageFormat.Bmp => OfBmp(file, hasAlpha),
        _ => hasAlpha ? ImageMode.Alpha : ImageMode.Opaque,
    };

    // Transparency by colour key (tRNS) leaves the mode RGB or L: it is the header alone that decides.
    private static ImageMode OfPng(PngHeader header) => header switch
    {
        { ColorType: PngColorType.Palette } or { ColorType: PngColorType.Gray, BitDepth: 1 } => ImageMode.Indexed,
        { ColorType: PngColorType.Gray, BitDepth: 16 } => ImageMode.SixteenBitGray,
        { ColorType: PngColorType.GrayAlpha or PngColorType.ColorAlpha } => ImageMode.Alpha,
        _ => ImageMode.Opaque,
    };

    // BITMAPFILEHEADER is 14 bytes; then the size of the next header, which tells OS/2's (12 bytes, palette entries of 3) from all others.
    private static ImageMode OfBmp(ReadOnlySpan<byte> file, bool hasAlpha)
    {
        const int FileHeader = 14;
        if (file.Length < FileHeader + 40)
        {
            return hasAlpha ? ImageMode.Alpha : ImageMode.Opaque;
        }
        int headerSize = BinaryPrimitives.ReadInt32LittleEndian(file[FileHeader..]);
        bool isOs2 = headerSize == 12;
        int bits = BinaryPrimitives.ReadUInt16LittleEndian(file[(isOs2 ? FileHeader + 10 : FileHeader + 14)..]);
        if (bits > 8)
        {
            // Pillow knows alpha in bitmaps of 32 bits only.
            return hasAlpha && bits == 32 ? ImageMode.Alpha : ImageMode.Opaque;
        }
        uint stated = isOs2 ? 0 : BinaryPrimitives.ReadUInt32LittleEndian(file[(FileHeader + 32)..]);
        int colors = stated is > 0 and <= 256 ? (int)stated : 1 << bits;
        return colors > 2 && IsGrayRamp(file, FileHeader + (long)headerSize, colors, isOs2 ? 3 : 4) ? ImageMode.Opaque : ImageMode.Indexed;
    }

    // Pillow takes a palette of 0, 1, 2, ... for no palette. With two colours the mode is 1 or P, which are resized alike.
    private static bool IsGrayRamp(ReadOnlySpan<byte> file, long offset, int colors, int entrySize)
    {
        for (int i = 0; i < colors; i++)
        {
            long entry = offset + ((long)i * entrySize);
            if (entry < 0 || entry + 3 > file.Length || file.Slice((int)entry, 3).ContainsAnyExcept((byte)i))
            {
                return false;
            }
        }
        return true;
    }
}

/// <summary>What the pixels of a file are, so far as preprocessing tells it apart (Pillow's image modes).</summary>
internal enum ImageMode
{
    /// <summary>Colour or gray without alpha: Pillow's RGB and L. Also CMYK, which the decoder converts.</summary>
    Opaque,

    /// <summary>With alpha: RGBA and LA.</summary>
    Alpha,

    /// <summary>Palette indices or single bits: P and 1.</summary>
    Indexed,

    /// <summary>One channel of 16 bits: I or I;16.</summary>
    SixteenBitGray,
}
