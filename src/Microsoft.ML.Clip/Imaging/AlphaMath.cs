using System.Numerics;
using System.Runtime.InteropServices;

namespace Microsoft.ML.Clip;

/// <summary>Conversions between whole and premultiplied colours, in pixels of four bytes with alpha last.</summary>
internal static class AlphaMath
{
    /// <summary>Multiplies colours by their alpha, rounded: Pillow's conversion from RGBA to RGBa.</summary>
    public static void Premultiply(ReadOnlySpan<byte> source, Span<byte> destination)
    {
        for (int i = 0; i + 3 < source.Length; i += 4)
        {
            int alpha = source[i + 3];
            destination[i] = MultiplyDivide255(source[i], alpha);
            destination[i + 1] = MultiplyDivide255(source[i + 1], alpha);
            destination[i + 2] = MultiplyDivide255(source[i + 2], alpha);
            destination[i + 3] = (byte)alpha;
        }
    }

    /// <summary>Divides colours by their alpha, truncated, in place: Pillow's conversion from RGBa to RGBA.</summary>
    public static void UnpremultiplyTruncated(Span<byte> pixels)
    {
        for (int i = 0; i + 3 < pixels.Length; i += 4)
        {
            int alpha = pixels[i + 3];
            if (alpha is not (0 or 255))
            {
                pixels[i] = (byte)Math.Min(255, pixels[i] * 255 / alpha);
                pixels[i + 1] = (byte)Math.Min(255, pixels[i + 1] * 255 / alpha);
                pixels[i + 2] = (byte)Math.Min(255, pixels[i + 2] * 255 / alpha);
            }
        }
    }

    /// <summary>Divides colours by their alpha, rounded: the best that can be done to undo a decoder's premultiplication.</summary>
    public static void UnpremultiplyRounded(ReadOnlySpan<byte> source, Span<byte> destination)
    {
        for (int i = 0; i + 3 < source.Length; i += 4)
        {
            int alpha = source[i + 3];
            for (int c = 0; c < 3; c++)
            {
                destination[i + c] = alpha is 0 or 255 ? source[i + c] : (byte)Math.Min(255, ((source[i + c] * 255) + (alpha / 2)) / alpha);
            }
            destination[i + 3] = (byte)alpha;
        }
    }

    /// <summary>
    /// What pixels of unstated kind are: <see cref="AlphaKind.None"/> if all are opaque, <see cref="AlphaKind.Straight"/> if some colour exceeds its
    /// alpha, which no premultiplied colour does, else <see cref="AlphaKind.Premultiplied"/>.
    /// </summary>
    public static AlphaKind Classify(ReadOnlySpan<byte> pixels)
    {
        var packed = MemoryMarshal.Cast<byte, uint>(pixels);
        int i = CountOpaque(packed);
        if (i == packed.Length)
        {
            return AlphaKind.None;
        }
        for (i *= 4; i + 3 < pixels.Length; i += 4)
        {
            if (Math.Max(pixels[i], Math.Max(pixels[i + 1], pixels[i + 2])) > pixels[i + 3])
            {
                return AlphaKind.Straight;
            }
        }
        return AlphaKind.Premultiplied;
    }

    // The number of leading pixels that are known to be opaque, in whole vectors until the end.
    private static int CountOpaque(ReadOnlySpan<uint> pixels)
    {
        uint alphaMask = BitConverter.IsLittleEndian ? 0xFF000000u : 0x000000FFu;
        int i = 0;
        var mask = new Vector<uint>(alphaMask);
        while (i + Vector<uint>.Count <= pixels.Length && Vector.EqualsAll(new Vector<uint>(pixels[i..]) & mask, mask))
        {
            i += Vector<uint>.Count;
        }
        while (i < pixels.Length && (pixels[i] & alphaMask) == alphaMask)
        {
            i++;
        }
        return i;
    }

    // Pillow's MULDIV255: a · b / 255, rounded, without a division.
    private static byte MultiplyDivide255(int a, int b)
    {
        int t = (a * b) + 128;
        return (byte)(((t >> 8) + t) >> 8);
    }
}
