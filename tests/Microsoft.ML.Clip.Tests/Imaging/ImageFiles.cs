using System.Buffers.Binary;
using System.IO.Compression;
using SkiaSharp;

namespace Microsoft.ML.Clip.Tests;

/// <summary>Encoded images that tests make themselves, some by hand where no encoder makes them so.</summary>
internal static class ImageFiles
{
    public const int Width = 40;
    public const int Height = 30;

    /// <summary>A good file of every format that is read.</summary>
    public static byte[] OfFormat(string format) => format switch
    {
        "jpg" => Encode(SKEncodedImageFormat.Jpeg),
        "png" => Encode(SKEncodedImageFormat.Png),
        "webp" => Encode(SKEncodedImageFormat.Webp),
        "bmp" => Bmp24(Width, Height, (x, y) => ((byte)(x * 6), (byte)(y * 8), (byte)((x * y) & 255))),
        "gif" => Gif(Width, Height, Width, Height, 0, 0, (x, y) => (byte)((x + (2 * y)) & 255), transparent: null),
        "ico" => Ico((Width, Height)),
        _ => throw new ArgumentException(format),
    };

    public static byte[] Encode(SKEncodedImageFormat format, int width = Width, int height = Height, int quality = 90)
    {
        using var bitmap = SKBitmap.Decode(TestImages.EncodePng(width, height, seed: 5));
        using var data = bitmap.Encode(format, quality);
        return data.ToArray();
    }

    /// <summary>A PNG of gray values of 8 or 16 bits, or of pixels of any channels, without row filters.</summary>
    public static byte[] Png(int width, int height, int bits, byte colorType, Func<int, int, int[]> pixel)
    {
        using var rows = new MemoryStream();
        for (int y = 0; y < height; y++)
        {
            rows.WriteByte(0);
            for (int x = 0; x < width; x++)
            {
                foreach (int value in pixel(x, y))
                {
                    rows.Write(bits == 16 ? [(byte)(value >> 8), (byte)value] : [(byte)value]);
                }
            }
        }
        using var packed = new MemoryStream();
        using (var zlib = new ZLibStream(packed, CompressionLevel.Fastest, leaveOpen: true))
        {
            zlib.Write(rows.ToArray());
        }
        return Png(width, height, bits, colorType, interlace: 0, packed.ToArray());
    }

    /// <summary>A PNG of data that is packed already.</summary>
    public static byte[] Png(int width, int height, int bits, byte colorType, byte interlace, byte[] packed)
    {
        byte[] header = [.. BigEndian(width), .. BigEndian(height), (byte)bits, colorType, 0, 0, interlace];
        return [0x89, (byte)'P', (byte)'N', (byte)'G', 13, 10, 26, 10, .. Chunk("IHDR", header), .. Chunk("IDAT", packed), .. Chunk("IEND", [])];
    }

    /// <summary>A copy of the file whose header claims another size.</summary>
    public static byte[] WithSize(string format, int width, int height)
    {
        byte[] file = OfFormat(format);
        byte[] little = [(byte)width, (byte)(width >> 8), (byte)height, (byte)(height >> 8)];
        switch (format)
        {
            case "png":
                return [.. file[..8], .. Chunk("IHDR", [.. BigEndian(width), .. BigEndian(height), .. file[24..29]]), .. file[33..]];
            case "gif":
                little.CopyTo(file, 6);
                return file;
            case "bmp":
                BinaryPrimitives.WriteInt32LittleEndian(file.AsSpan(18), width);
                BinaryPrimitives.WriteInt32LittleEndian(file.AsSpan(22), height);
                return file;
            case "jpg":
                int frame = file.AsSpan().IndexOf((ReadOnlySpan<byte>)[0xFF, 0xC0]);
                BinaryPrimitives.WriteUInt16BigEndian(file.AsSpan(frame + 5), (ushort)height);
                BinaryPrimitives.WriteUInt16BigEndian(file.AsSpan(frame + 7), (ushort)width);
                return file;
            default:
                throw new ArgumentException(format);
        }
    }

    public static byte[] Bmp24(int width, int height, Func<int, int, (byte R, byte G, byte B)> pixel)
    {
        using var pixels = new MemoryStream();
        for (int y = height - 1; y >= 0; y--)
        {
            for (int x = 0; x < width; x++)
            {
                pixels.Write([pixel(x, y).B, pixel(x, y).G, pixel(x, y).R]);
            }
            pixels.Write(new byte[(4 - (width * 3 % 4)) % 4]);
        }
        return [.. BmpHeader(width, height, 24, 0, 54), .. pixels.ToArray()];
    }

    /// <summary>A bitmap of 16 bits a pixel, 5-6-5 by its masks or 5-5-5 without.</summary>
    public static byte[] Bmp16(int width, int height, bool sixBitsOfGreen, Func<int, int, ushort> pixel)
    {
        using var pixels = new MemoryStream();
        for (int y = height - 1; y >= 0; y--)
        {
            for (int x = 0; x < width; x++)
            {
                pixels.Write([(byte)pixel(x, y), (byte)(pixel(x, y) >> 8)]);
            }
            pixels.Write(new byte[(4 - (width * 2 % 4)) % 4]);
        }
        byte[] masks = sixBitsOfGreen ? [0, 0xF8, 0, 0, 0xE0, 7, 0, 0, 0x1F, 0, 0, 0] : [];
        return [.. BmpHeader(width, height, 16, sixBitsOfGreen ? 3 : 0, 54 + masks.Length), .. masks, .. pixels.ToArray()];
    }

    /// <summary>A GIF with the palette (i, 255 - i, 7) whose one frame may lie anywhere in the picture.</summary>
    public static byte[] Gif(int screenWidth, int screenHeight, int width, int height, int left, int top, Func<int, int, byte> index, byte? transparent)
    {
        static byte[] Words(params int[] values) => [.. values.SelectMany(v => (byte[])[(byte)v, (byte)(v >> 8)])];
        byte[] palette = [.. Enumerable.Range(0, 256).SelectMany(i => (byte[])[(byte)i, (byte)(255 - i), 7])];
        byte[] control = transparent is { } t ? [(byte)'!', 0xF9, 4, 1, 0, 0, t, 0] : [];
        // Codes of nine bits, with a clear code (256) before the decoder's table would ask for ten.
        var bits = new List<bool>();
        void Put(int code) => bits.AddRange(Enumerable.Range(0, 9).Select(b => ((code >> b) & 1) != 0));
        for (int i = 0; i < width * height; i++)
        {
            if (i % 200 == 0)
            {
                Put(256);
            }
            Put(index(i % width, i / width));
        }
        Put(257);
        byte[] data = [.. bits.Chunk(8).Select(b => (byte)b.Select((bit, place) => bit ? 1 << place : 0).Sum())];
        byte[] blocks = [.. data.Chunk(255).SelectMany(b => (byte[])[(byte)b.Length, .. b])];
        return
        [
            .. "GIF89a"u8, .. Words(screenWidth, screenHeight), 0xF7, 0, 0, .. palette, .. control,
            (byte)',', .. Words(left, top, width, height), 0, 8, .. blocks, 0, (byte)';',
        ];
    }

    /// <summary>An icon of PNGs.</summary>
    public static byte[] Ico(params (int Width, int Height)[] sizes)
    {
        byte[][] pictures = [.. sizes.Select(s => TestImages.EncodePng(s.Width, s.Height, seed: 3))];
        using var file = new MemoryStream();
        file.Write([0, 0, 1, 0, (byte)sizes.Length, 0]);
        int place = 6 + (16 * sizes.Length);
        for (int i = 0; i < sizes.Length; i++)
        {
            byte[] numbers = new byte[8];
            BinaryPrimitives.WriteInt32LittleEndian(numbers, pictures[i].Length);
            BinaryPrimitives.WriteInt32LittleEndian(numbers.AsSpan(4), place);
            file.Write([(byte)sizes[i].Width, (byte)sizes[i].Height, 0, 0, 1, 0, 32, 0, .. numbers]);
            place += pictures[i].Length;
        }
        foreach (byte[] picture in pictures)
        {
            file.Write(picture);
        }
        return file.ToArray();
    }

    /// <summary>The JPEG with an EXIF segment that states an orientation.</summary>
    public static byte[] WithOrientation(byte[] jpeg, int orientation)
    {
        byte[] tiff = [(byte)'M', (byte)'M', 0, 42, 0, 0, 0, 8, 0, 1, 0x01, 0x12, 0, 3, 0, 0, 0, 1, 0, (byte)orientation, 0, 0, 0, 0, 0, 0];
        byte[] payload = [.. "Exif\0\0"u8, .. tiff];
        return [.. jpeg[..2], 0xFF, 0xE1, 0, (byte)(payload.Length + 2), .. payload, .. jpeg[2..]];
    }

    private static byte[] BmpHeader(int width, int height, int bits, int compression, int pixelOffset)
    {
        byte[] header = new byte[54];
        "BM"u8.CopyTo(header);
        foreach (var (offset, value) in ((int, int)[])[(10, pixelOffset), (14, 40), (18, width), (22, height), (30, compression)])
        {
            BinaryPrimitives.WriteInt32LittleEndian(header.AsSpan(offset), value);
        }
        (header[26], header[28]) = (1, (byte)bits);
        return header;
    }

    private static byte[] Chunk(string type, byte[] data)
    {
        byte[] typed = [.. System.Text.Encoding.ASCII.GetBytes(type), .. data];
        return [.. BigEndian(data.Length), .. typed, .. BigEndian((int)Crc32(typed))];
    }

    private static byte[] BigEndian(int value)
    {
        byte[] bytes = new byte[4];
        BinaryPrimitives.WriteInt32BigEndian(bytes, value);
        return bytes;
    }

    private static uint Crc32(ReadOnlySpan<byte> bytes)
    {
        uint crc = uint.MaxValue;
        foreach (byte b in bytes)
        {
            crc ^= b;
            for (int i = 0; i < 8; i++)
            {
                crc = (crc & 1) == 1 ? (crc >> 1) ^ 0xEDB88320 : crc >> 1;
            }
        }
        return ~crc;
    }
}
