using System.Buffers.Binary;
using System.IO.Compression;
using System.Text;

namespace Microsoft.ML.Clip.Fuzz;

/// <summary>Images by their chunks (PNG, WebP) and segments (JPEG), with lengths and checksums put right; anything else by its bytes.</summary>
internal sealed class ImageFormat : IFormat
{
    private static readonly uint[] Crc =
        [.. Enumerable.Range(0, 256).Select(n => Enumerable.Range(0, 8).Aggregate((uint)n, (c, _) => (c >> 1) ^ ((c & 1) * 0xEDB88320u)))];

    private readonly ByteFormat _bytes = new("IHDR", "IDAT", "PLTE", "tRNS", "iCCP", "eXIf", "IEND", "GIF89a", "VP8 ", "VP8L", "VP8X", "ANMF", "ALPH", "RIFF", "Exif\0\0", "!\u00F9\u0004",
        "\u00FF\u00D8\u00FF", "\u00FF\u00C0", "\u00FF\u00C2", "\u00FF\u00C4", "\u00FF\u00DA", "\u00FF\u00DB", "\u00FF\u00DD", "\u00FF\u00E1", "\u00FF\u00EE", "BM", "MM\0*", "II*\0");

    public byte[] Mutate(byte[] input, byte[] donor, Random random)
    {
        if (random.Next(3) == 0)
        {
            return _bytes.Mutate(input, donor, random);
        }
        return input switch
        {
            [0x89, (byte)'P', ..] => Write(Change(PngChunks(input), PngChunks(donor), random), input[..Math.Min(8, input.Length)], WritePng),
            [(byte)'R', (byte)'I', (byte)'F', (byte)'F', ..] when input.Length > 12 =>
                WithRiffLength(Write(Change(RiffChunks(input), RiffChunks(donor), random), input[..12], WriteRiff)),
            [0xFF, 0xD8, ..] => Write(Change(Segments(input), Segments(donor), random), [0xFF, 0xD8], WriteSegment),
            _ => _bytes.Mutate(input, donor, random),
        };
    }

    private List<(string Type, byte[] Data)> Change(List<(string Type, byte[] Data)> chunks, List<(string Type, byte[] Data)> others, Random random)
    {
        if (chunks.Count == 0)
        {
            return chunks;
        }
        for (int changes = 1 + random.Next(3); changes > 0 && chunks.Count > 0; changes--)
        {
            int at = random.Next(chunks.Count);
            var (type, data) = chunks[at];
            switch (random.Next(10))
            {
                case 0: chunks.RemoveAt(at); break;
                case 1: chunks.Insert(random.Next(chunks.Count), chunks[at]); break;
                case 2 when others.Count > 0: chunks.Insert(at, others[random.Next(others.Count)]); break;
                case 3 when others.Count > 0: chunks[at] = others[random.Next(others.Count)]; break;
                case 4 when type == "IDAT": chunks[at] = (type, Repacked(data, random)); break;
                default: chunks[at] = (type, _bytes.Mutate(data, others.Count > 0 ? others[random.Next(others.Count)].Data : [], random)); break;
            }
        }
        return chunks;
    }

    private byte[] Repacked(byte[] data, Random random)
    {
        const int Most = 1 << 18;
        using var rows = new MemoryStream();
        try
        {
            using var zlib = new ZLibStream(new MemoryStream(data), CompressionMode.Decompress);
            byte[] buffer = new byte[1 << 14];
            for (int read; rows.Length < Most && (read = zlib.Read(buffer)) > 0;)
            {
                rows.Write(buffer, 0, read);
            }
        }
        catch (Exception e) when (e is InvalidDataException or IOException)
        {
            // The second where the stream asks for a dictionary.
        }
        using var packed = new MemoryStream();
        using (var zlib = new ZLibStream(packed, CompressionLevel.Fastest, leaveOpen: true))
        {
            zlib.Write(_bytes.Mutate(rows.ToArray(), [], random));
        }
        return packed.ToArray();
    }

    private static byte[] Write(List<(string Type, byte[] Data)> chunks, byte[] head, Action<Stream, string, byte[]> write)
    {
        using var stream = new MemoryStream();
        stream.Write(head);
        chunks.ForEach(c => write(stream, c.Type, c.Data));
        return stream.ToArray();
    }

    private static List<(string Type, byte[] Data)> PngChunks(byte[] file)
    {
        List<(string, byte[])> chunks = [];
        for (int at = 8; at + 12 <= file.Length;)
        {
            int length = (int)Math.Min(BinaryPrimitives.ReadUInt32BigEndian(file.AsSpan(at)), (uint)(file.Length - at - 12));
            chunks.Add((Encoding.Latin1.GetString(file, at + 4, 4), file[(at + 8)..(at + 8 + length)]));
            at += 12 + length;
        }
        return chunks;
    }

    private static void WritePng(Stream stream, string type, byte[] data)
    {
        byte[] content = [.. Encoding.Latin1.GetBytes(type), .. data];
        Span<byte> number = stackalloc byte[4];
        BinaryPrimitives.WriteInt32BigEndian(number, data.Length);
        stream.Write(number);
        stream.Write(content);
        BinaryPrimitives.WriteUInt32BigEndian(number, ~content.Aggregate(uint.MaxValue, (crc, b) => Crc[(byte)(crc ^ b)] ^ (crc >> 8)));
        stream.Write(number);
    }

    private static List<(string Type, byte[] Data)> RiffChunks(byte[] file)
    {
        List<(string, byte[])> chunks = [];
        for (int at = 12; at + 8 <= file.Length;)
        {
            int length = (int)Math.Min(BinaryPrimitives.ReadUInt32LittleEndian(file.AsSpan(at + 4)), (uint)(file.Length - at - 8));
            chunks.Add((Encoding.Latin1.GetString(file, at, 4), file[(at + 8)..(at + 8 + length)]));
            at += 8 + length + (length & 1);
        }
        return chunks;
    }

    private static void WriteRiff(Stream stream, string type, byte[] data)
    {
        stream.Write(Encoding.Latin1.GetBytes(type));
        stream.Write(BitConverter.GetBytes(data.Length));
        stream.Write(data);
        if ((data.Length & 1) != 0)
        {
            stream.WriteByte(0);
        }
    }

    private static byte[] WithRiffLength(byte[] file)
    {
        BinaryPrimitives.WriteInt32LittleEndian(file.AsSpan(4), file.Length - 8);
        return file;
    }

    // The type is the marker; what follows a start of scan belongs to it.
    private static List<(string Type, byte[] Data)> Segments(byte[] file)
    {
        List<(string, byte[])> segments = [];
        for (int at = 2; at + 4 <= file.Length && file[at] == 0xFF;)
        {
            int end = Math.Min(file.Length, at + 2 + Math.Max(2, (int)BinaryPrimitives.ReadUInt16BigEndian(file.AsSpan(at + 2))));
            int start = Math.Min(at + 4, end), next = end;
            if (file[at + 1] == 0xDA)
            {
                while (next < file.Length && !(file[next] == 0xFF && next + 1 < file.Length && file[next + 1] is not (0 or (>= 0xD0 and <= 0xD7))))
                {
                    next++;
                }
            }
            segments.Add((Encoding.Latin1.GetString(file, at, 2) + Encoding.Latin1.GetString(file, end, next - end), file[start..end]));
            at = next;
        }
        return segments;
    }

    private static void WriteSegment(Stream stream, string type, byte[] data)
    {
        byte[] marker = Encoding.Latin1.GetBytes(type);
        stream.Write(marker.AsSpan(0, 2));
        stream.Write([(byte)((data.Length + 2) >> 8), (byte)(data.Length + 2)]);
        stream.Write(data);
        stream.Write(marker.AsSpan(2));
    }
}
