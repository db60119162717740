using System.Runtime.InteropServices;
using SkiaSharp;

namespace Microsoft.ML.Clip;

/// <summary>
/// Decodes GIFs with a transparent colour, or whose first frame does not fill the picture. The decoder makes those pixels black; Pillow ignores
/// transparency when it converts to RGB, and shows the palette's colour. So the decoder is given a copy of the file in which the palette's
/// entry i is the gray (i, i, i) and nothing is transparent: what it gives are the palette indices.
/// </summary>
internal static class GifDecoder
{
    public static bool IsNeeded(ReadOnlySpan<byte> file, SKEncodedImageFormat format) =>
        format == SKEncodedImageFormat.Gif && GifHeader.TryRead(file, out var header) && (header.TransparentIndex is not null || !header.CoversScreen);

    public static PixelMemory Decode(ReadOnlySpan<byte> file, SKSizeI size)
    {
        GifHeader.TryRead(file, out var header);
        using var changed = WithIndicesForColors(file, header);
        var pixels = ImageDecoder.Decode(changed, size);

        Span<uint> palette = stackalloc uint[256];
        ReadPalette(file, header, palette);
        // Pillow starts from a picture full of the transparent index, or of zeros if there is none.
        uint background = palette[header.TransparentIndex ?? 0];
        var bytes = pixels.Span;
        var colors = MemoryMarshal.Cast<byte, uint>(bytes);
        for (int i = 0; i < colors.Length; i++)
        {
            colors[i] = bytes[(4 * i) + 3] == 0 ? background : palette[bytes[4 * i]];
        }
        return pixels;
    }

    private static PixelMemory WithIndicesForColors(ReadOnlySpan<byte> file, GifHeader header)
    {
        var changed = new PixelMemory(file.Length);
        file.CopyTo(changed.Span);
        for (int i = 0; i < header.PaletteSize; i++)
        {
            changed.Span.Slice(header.PaletteOffset + (3 * i), 3).Fill((byte)i);
        }
        if (header.ControlFlagsOffset > 0)
        {
            changed.Span[header.ControlFlagsOffset] &= 0xFE;
        }
        return changed;
    }

    private static void ReadPalette(ReadOnlySpan<byte> file, GifHeader header, Span<uint> palette)
    {
        palette.Clear();
        var rgba = MemoryMarshal.AsBytes(palette);
        for (int i = 0; i < header.PaletteSize; i++)
        {
            file.Slice(header.PaletteOffset + (3 * i), 3).CopyTo(rgba[(4 * i)..]);
        }
    }
}
