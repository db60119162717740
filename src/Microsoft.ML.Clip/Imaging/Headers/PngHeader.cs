using System.Buffers.Binary;

namespace Microsoft.ML.Clip;

/// <summary>What the header chunk of a PNG (IHDR, always the first) says of its pixels.</summary>
internal readonly record struct PngHeader(int Width, int Height, int BitDepth, PngColorType ColorType, bool IsInterlaced)
{
    /// <summary>How many bytes from the start of the file it takes to read the header.</summary>
    public const int Length = EndOffset;

    // 8 bytes of signature, then length, type, 13 bytes of data (width, height, bit depth, colour type, ...), checksum.
    private const int TypeOffset = 12;
    private const int WidthOffset = 16;
    private const int HeightOffset = 20;
    private const int BitDepthOffset = 24;
    private const int ColorTypeOffset = 25;
    private const int InterlaceOffset = 28;
    private const int ChecksumOffset = 29;
    private const int EndOffset = 33;

    private static ReadOnlySpan<byte> Signature => [0x89, (byte)'P', (byte)'N', (byte)'G', 0x0D, 0x0A, 0x1A, 0x0A];

    public static bool TryRead(ReadOnlySpan<byte> file, out PngHeader header)
    {
        if (file.Length < EndOffset || !file.StartsWith(Signature) || !file[TypeOffset..].StartsWith("IHDR"u8))
        {
            header = default;
            return false;
        }
        header = new PngHeader(BinaryPrimitives.ReadInt32BigEndian(file[WidthOffset..]), BinaryPrimitives.ReadInt32BigEndian(file[HeightOffset..]),
            file[BitDepthOffset], (PngColorType)file[ColorTypeOffset], file[InterlaceOffset] != 0);
        return true;
    }

    /// <summary>
    /// How many bytes a pixel has where the decoder holds an interlaced picture until its last pass. Gray is expanded where there may be
    /// transparency, which the header does not tell.
    /// </summary>
    public int BytesPerInterlacedPixel => (ColorType == PngColorType.Palette ? 1 : 4) * (BitDepth == 16 ? 2 : 1);

    /// <summary>
    /// Declares 16-bit gray pixels to be pairs of 8-bit gray and alpha. Both have two bytes a pixel, so that filters and interlacing are the same, and a
    /// decoder that would drop the low byte gives it as alpha.
    /// </summary>
    public static void DeclareGrayAlpha(Span<byte> file)
    {
        file[BitDepthOffset] = 8;
        file[ColorTypeOffset] = (byte)PngColorType.GrayAlpha;
        BinaryPrimitives.WriteUInt32BigEndian(file[ChecksumOffset..], Checksum(file[TypeOffset..ChecksumOffset]));
    }

    // CRC-32 of PNG, annex D, bit by bit: the header has 17 bytes.
    private static uint Checksum(ReadOnlySpan<byte> data)
    {
        uint crc = uint.MaxValue;
        foreach (byte b in data)
        {
            crc ^= b;
            for (int bit = 0; bit < 8; bit++)
            {
                crc = (crc >> 1) ^ ((crc & 1) * 0xEDB88320u);
            }
        }
        return ~crc;
    }
}

/// <summary>The colour types of PNG's header chunk.</summary>
internal enum PngColorType : byte
{
    Gray = 0,
    Color = 2,
    Palette = 3,
    GrayAlpha = 4,
    ColorAlpha = 6,
}
