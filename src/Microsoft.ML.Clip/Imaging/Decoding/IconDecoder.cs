using System.Buffers.Binary;
using System.Runtime.InteropServices;
using SkiaSharp;

namespace Microsoft.ML.Clip;

/// <summary>
/// Decodes icons whose picture is a bitmap with a mask, that is, of fewer than 32 bits a pixel. The decoder makes masked pixels black; Pillow keeps their
/// colours and takes the mask for their alpha. So the decoder is given a copy of the file without a mask, and the mask is read here.
/// </summary>
internal static class IconDecoder
{
    private const int Header = 6;
    private const int Entry = 16;
    private const int InfoHeader = 40;

    public static bool IsNeeded(ReadOnlySpan<byte> file, SKEncodedImageFormat format, SKSizeI size) =>
        format == SKEncodedImageFormat.Ico && TryFindMask(file, size, out _, out _);

    public static PixelMemory Decode(ReadOnlySpan<byte> file, SKSizeI size)
    {
        TryFindMask(file, size, out int offset, out int stride);
        var mask = file.Slice(offset, stride * size.Height);
        using var changed = new PixelMemory(file.Length);
        file.CopyTo(changed.Span);
        changed.Span.Slice(offset, mask.Length).Clear();
        var pixels = ImageDecoder.Decode(changed, size);
        var bytes = pixels.Span;
        for (int y = 0; y < size.Height; y++)
        {
            // From bottom to top, a bit a pixel, set where the background shows.
            var row = mask.Slice((size.Height - 1 - y) * stride, stride);
            for (int x = 0; x < size.Width; x++)
            {
                bytes[(4 * ((y * size.Width) + x)) + 3] = (row[x / 8] & (0x80 >> (x % 8))) != 0 ? (byte)0 : byte.MaxValue;
            }
        }
        return pixels;
    }

    // The mask of the picture that the decoder takes: the first in the file of the largest size.
    private static bool TryFindMask(ReadOnlySpan<byte> file, SKSizeI size, out int offset, out int stride)
    {
        (offset, stride) = (0, ((size.Width + 31) / 32) * 4);
        long first = long.MaxValue;
        int count = file.Length < Header ? 0 : BinaryPrimitives.ReadUInt16LittleEndian(file[4..]);
        for (int entry = Header; count > 0 && entry + Entry <= file.Length; entry += Entry, count--)
        {
            long place = BinaryPrimitives.ReadUInt32LittleEndian(file[(entry + 12)..]);
            if (place >= first || place + InfoHeader > file.Length)
            {
                continue;
            }
            var numbers = MemoryMarshal.Cast<byte, int>(file.Slice((int)place, InfoHeader));
            if (numbers[0] == InfoHeader && numbers[1] == size.Width && numbers[2] == 2L * size.Height)
            {
                first = place;
                offset = MaskOffset(file, (int)place, size);
            }
            else if (PngHeader.TryRead(file[(int)place..], out var png) && (png.Width, png.Height) == (size.Width, size.Height))
            {
                first = place;
                offset = 0;
            }
        }
        return offset > 0;
    }

    // After the header: the palette, the pixels, the mask. 0 if there is none.
    private static int MaskOffset(ReadOnlySpan<byte> file, int place, SKSizeI size)
    {
        int bits = BinaryPrimitives.ReadUInt16LittleEndian(file[(place + 14)..]);
        int compression = BinaryPrimitives.ReadInt32LittleEndian(file[(place + 16)..]);
        uint colors = BinaryPrimitives.ReadUInt32LittleEndian(file[(place + 32)..]);
        if (bits is not (1 or 4 or 8 or 24) || compression != 0 || colors > 256)
        {
            return 0;
        }
        int palette = bits > 8 ? 0 : 4 * (colors > 0 ? (int)colors : 1 << bits);
        long pixels = (((long)size.Width * bits) + 31) / 32 * 4 * size.Height, mask = ((size.Width + 31) / 32) * 4L * size.Height;
        long offset = place + InfoHeader + palette + pixels;
        return offset + mask <= file.Length ? (int)offset : 0;
    }
}
