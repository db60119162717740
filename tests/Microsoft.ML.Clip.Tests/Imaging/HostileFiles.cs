using System.Buffers.Binary;
using System.IO.Compression;
using System.Numerics;
using SkiaSharp;

namespace Microsoft.ML.Clip.Tests;

/// <summary>Images that are small as files and large in a decoder, made by hand.</summary>
internal static class HostileFiles
{
    /// <summary>The largest edge of a square that <see cref="ClipImagePreprocessorOptions.MaximumPixels"/> allows by default.</summary>
    public const int LargestEdge = 13377;

    private static readonly (int X, int Y, int StepX, int StepY)[] Adam7 =
        [(0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2)];

    /// <summary>Writes one of each kind. Those named "fits" can be decoded in 96 MB.</summary>
    public static IEnumerable<string> Write(string directory)
    {
        Directory.CreateDirectory(directory);
        foreach (var (name, bytes) in new (string, byte[])[]
        {
            ("screen.gif", Gif(LargestEdge, LargestEdge)),
            ("lossless.webp", LosslessWebP(16383, 10900)),
            ("interlaced.png", InterlacedPng(LargestEdge, LargestEdge, 16, 2, rows: 10)),
            ("scans.jpg", ProgressiveJpeg(LargestEdge, LargestEdge, scans: 94)),
            ("interlaced-fits.png", InterlacedPng(1400, 1400, 16, 2)),
            ("progressive-fits.jpg", ProgressiveJpeg(3000, 3000, scans: 10)),
            ("lossy-fits.webp", ImageFiles.Encode(SKEncodedImageFormat.Webp, 1500, 1500)),
            ("large-fits.jpg", ImageFiles.Encode(SKEncodedImageFormat.Jpeg, 1500, 1500)),
        })
        {
            string path = Path.Combine(directory, name);
            File.WriteAllBytes(path, bytes);
            yield return path;
        }
    }

    /// <summary>A gray JPEG, SOF2, of one colour: a scan of DC values, then scans of runs of empty blocks.</summary>
    public static byte[] ProgressiveJpeg(int width, int height, int scans)
    {
        int blocks = ((width + 7) / 8) * ((height + 7) / 8);
        using var file = new MemoryStream();
        file.Write([0xFF, 0xD8]);
        Segment(file, 0xDB, [0, .. Enumerable.Repeat((byte)16, 64)]);
        Segment(file, 0xC2, [8, (byte)(height >> 8), (byte)height, (byte)(width >> 8), (byte)width, 1, 1, 0x11, 0]);
        // DC: the code 0 for "no difference". AC: codes of four bits for runs of 2^n empty blocks and more, n in the symbol's upper half.
        Segment(file, 0xC4, [0x00, 1, .. new byte[15], 0]);
        Segment(file, 0xC4, [0x10, 0, 0, 0, 15, .. new byte[12], .. Enumerable.Range(0, 15).Select(n => (byte)(n << 4))]);
        Segment(file, 0xDA, [1, 1, 0, 0, 0, 0]);
        byte[] differences = new byte[(blocks + 7) / 8];
        file.Write(differences);
        for (int scan = 1; scan < scans; scan++)
        {
            Segment(file, 0xDA, [1, 1, 0, 1, 63, 0]);
            file.Write(EmptyBlocks(blocks));
        }
        file.Write([0xFF, 0xD9]);
        return file.ToArray();
    }

    /// <summary>An interlaced PNG of zeros.</summary>
    /// <param name="width">Its width.</param>
    /// <param name="height">Its height.</param>
    /// <param name="bits">Bits of a channel.</param>
    /// <param name="colorType">Its colour type.</param>
    /// <param name="rows">How many rows each pass has; all of them if null.</param>
    public static byte[] InterlacedPng(int width, int height, int bits, byte colorType, int? rows = null)
    {
        int channels = colorType switch { 0 or 3 => 1, 2 => 3, 4 => 2, _ => 4 };
        using var packed = new MemoryStream();
        using (var zlib = new ZLibStream(packed, CompressionLevel.Fastest, leaveOpen: true))
        {
            foreach (var (x, y, stepX, stepY) in Adam7)
            {
                int columns = (width - x + stepX - 1) / stepX;
                byte[] row = new byte[1 + (((columns * channels * bits) + 7) / 8)];
                for (int i = 0; i < Math.Min(rows ?? int.MaxValue, (height - y + stepY - 1) / stepY); i++)
                {
                    zlib.Write(row);
                }
            }
        }
        return ImageFiles.Png(width, height, bits, colorType, interlace: 1, packed.ToArray());
    }

    public static byte[] Gif(int width, int height) =>
    [
        .. "GIF89a"u8, (byte)width, (byte)(width >> 8), (byte)height, (byte)(height >> 8), 0x80, 0, 0, 1, 2, 3, 4, 5, 6,
        (byte)',', 0, 0, 0, 0, (byte)width, (byte)(width >> 8), (byte)height, (byte)(height >> 8), 0, 2, 1, 0x44, 0, (byte)';',
    ];

    /// <summary>A WebP of one colour: every code is of no bits.</summary>
    public static byte[] LosslessWebP(int width, int height)
    {
        byte[] file = [.. "RIFF"u8, 30, 0, 0, 0, .. "WEBPVP8L"u8, 17, 0, 0, 0, 0x2F, 0, 0, 0, 0, 0x88, 0x88, 0x08, 7, 0, 0, 0, 0, 0, 0, 0, 0, 0];
        BinaryPrimitives.WriteUInt32LittleEndian(file.AsSpan(21), (uint)(width - 1) | ((uint)(height - 1) << 14));
        return file;
    }

    private static byte[] EmptyBlocks(int blocks)
    {
        var bits = new List<bool>();
        while (blocks > 0)
        {
            int power = Math.Min(14, BitOperations.Log2((uint)blocks)), run = Math.Min(blocks, (2 << power) - 1);
            Put(power, 4);
            Put(run - (1 << power), power);
            blocks -= run;
        }
        // What is left of the last byte is ones; a byte of ones is followed by a zero.
        return [.. bits.Chunk(8).Select(b => b.Concat(Enumerable.Repeat(true, 8 - b.Length)).Aggregate(0, (v, bit) => (v << 1) | (bit ? 1 : 0)))
            .SelectMany(b => b == 0xFF ? (byte[])[0xFF, 0] : [(byte)b])];

        void Put(int value, int count) => bits.AddRange(Enumerable.Range(1, count).Select(i => ((value >> (count - i)) & 1) != 0));
    }

    private static void Segment(MemoryStream file, byte marker, byte[] data) =>
        file.Write([0xFF, marker, (byte)((data.Length + 2) >> 8), (byte)(data.Length + 2), .. data]);
}
