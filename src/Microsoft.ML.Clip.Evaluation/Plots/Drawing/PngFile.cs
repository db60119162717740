using System.Buffers.Binary;
using System.IO.Compression;
using System.Text;

namespace Microsoft.ML.Clip;

/// <summary>Writes small images as PNG (RFC 2083): eight bits of red, green and blue, each row as differences from the one above and what is left of
/// it.</summary>
internal static class PngFile
{
    private const int Channels = 3;
    private const byte Paeth = 4;

    private static readonly uint[] Table = [.. Enumerable.Range(0, 256).Select(i =>
    {
        uint c = (uint)i;
        for (int bit = 0; bit < 8; bit++)
        {
            c = (c >> 1) ^ ((c & 1) * 0xEDB88320);
        }
        return c;
    })];

    /// <param name="rgb">[height, width, 3].</param>
    /// <param name="width">The width.</param>
    public static byte[] Write(ReadOnlySpan<byte> rgb, int width)
    {
        int stride = width * Channels, height = rgb.Length / stride;
        using var packed = new MemoryStream();
        using (var zlib = new ZLibStream(packed, CompressionLevel.SmallestSize, leaveOpen: true))
        {
            byte[] row = new byte[stride];
            for (int y = 0; y < height; y++)
            {
                zlib.WriteByte(Paeth);
                for (int i = 0; i < stride; i++)
                {
                    int left = i < Channels ? 0 : rgb[(y * stride) + i - Channels], up = y == 0 ? 0 : rgb[((y - 1) * stride) + i];
                    int corner = i < Channels || y == 0 ? 0 : rgb[((y - 1) * stride) + i - Channels];
                    row[i] = (byte)(rgb[(y * stride) + i] - Nearest(left, up, corner));
                }
                zlib.Write(row);
            }
        }
        byte[] header = new byte[13];
        BinaryPrimitives.WriteInt32BigEndian(header, width);
        BinaryPrimitives.WriteInt32BigEndian(header.AsSpan(4), height);
        // Eight bits, true colour.
        (header[8], header[9]) = (8, 2);
        using var file = new MemoryStream();
        file.Write([0x89, (byte)'P', (byte)'N', (byte)'G', (byte)'\r', (byte)'\n', 0x1A, (byte)'\n']);
        Chunk(file, "IHDR", header);
        Chunk(file, "IDAT", packed.ToArray());
        Chunk(file, "IEND", []);
        return file.ToArray();
    }

    private static int Nearest(int left, int up, int corner)
    {
        int guess = left + up - corner, toLeft = Math.Abs(guess - left), toUp = Math.Abs(guess - up), toCorner = Math.Abs(guess - corner);
        return toLeft <= toUp && toLeft <= toCorner ? left : toUp <= toCorner ? up : corner;
    }

    private static void Chunk(MemoryStream file, string type, ReadOnlySpan<byte> data)
    {
        Span<byte> number = stackalloc byte[4];
        BinaryPrimitives.WriteInt32BigEndian(number, data.Length);
        file.Write(number);
        byte[] typed = [.. Encoding.ASCII.GetBytes(type), .. data];
        file.Write(typed);
        uint crc = uint.MaxValue;
        foreach (byte b in typed)
        {
            crc = Table[(byte)(crc ^ b)] ^ (crc >> 8);
        }
        BinaryPrimitives.WriteUInt32BigEndian(number, ~crc);
        file.Write(number);
    }
}
