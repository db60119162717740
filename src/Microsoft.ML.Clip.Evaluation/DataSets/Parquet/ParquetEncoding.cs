using System.Buffers.Binary;
using System.IO.Compression;

namespace Microsoft.ML.Clip;

/// <summary>How pages are packed and what their bytes mean, as far as columns of images and labels have it.</summary>
internal static class ParquetEncoding
{
    public const int Plain = 0, PlainDictionary = 2, Rle = 3, RleDictionary = 8;

    // By Parquet's numbers.
    private static readonly string[] Codecs = ["none", "Snappy", "gzip", "LZO", "Brotli", "LZ4", "Zstandard", "LZ4 (raw)"];

    /// <summary>Unpacks a page.</summary>
    /// <exception cref="InvalidDataException">It is of another length than <paramref name="length"/>, or packed in a way that is not read.</exception>
    public static byte[] Unpack(byte[] packed, int codec, int length)
    {
        switch (codec)
        {
            case 0: return packed.Length == length ? packed : throw OtherLength(packed.Length);
            case 1: return Snappy(packed, length);
            case 2: return Stream(new GZipStream(new MemoryStream(packed), CompressionMode.Decompress));
            case 4: return Stream(new BrotliStream(new MemoryStream(packed), CompressionMode.Decompress));
            default:
                string name = codec < Codecs.Length ? Codecs[codec] : $"method {codec}";
                throw new InvalidDataException($"it is packed by {name}; expected none, Snappy, gzip or Brotli, as 'datasets' and 'pyarrow' write if nothing else is asked for");
        }

        // Grows with what comes, not with what was promised.
        byte[] Stream(Stream stream)
        {
            const int Piece = 1 << 16;
            using (stream)
            {
                byte[] unpacked = new byte[Math.Min(length, Piece)];
                int count = 0;
                while (count < length)
                {
                    if (count == unpacked.Length)
                    {
                        Array.Resize(ref unpacked, (int)Math.Min(2L * unpacked.Length, length));
                    }
                    int read = Some(stream, unpacked.AsSpan(count));
                    if (read == 0)
                    {
                        throw OtherLength(count);
                    }
                    count += read;
                }
                Span<byte> more = stackalloc byte[1];
                return Some(stream, more) == 0 ? unpacked : throw new InvalidDataException($"it has more than the {length} bytes that its head says");
            }
        }

        // Brotli's decoder says of damaged data that the operation is invalid.
        static int Some(Stream stream, Span<byte> to)
        {
            try
            {
                return stream.Read(to);
            }
            catch (InvalidOperationException e)
            {
                throw new InvalidDataException(e.Message, e);
            }
        }

        InvalidDataException OtherLength(int found) => new($"it has {found} bytes; its head says {length}");
    }

    /// <summary>Values one after another: numbers as they are, texts and images after their length.</summary>
    public static void ReadPlain(ref ReadOnlyMemory<byte> bytes, int type, out ParquetValue value)
    {
        int size = type == ParquetLeaf.Int64 ? sizeof(long) : sizeof(int);
        if (bytes.Length < size)
        {
            throw TooShort();
        }
        long number = type == ParquetLeaf.Int64 ? BinaryPrimitives.ReadInt64LittleEndian(bytes.Span) : BinaryPrimitives.ReadInt32LittleEndian(bytes.Span);
        bytes = bytes[size..];
        if (type != ParquetLeaf.ByteArray)
        {
            value = new(number, default);
            return;
        }
        if (number < 0 || number > bytes.Length)
        {
            throw TooShort();
        }
        value = new(0, bytes[..(int)number]);
        bytes = bytes[(int)number..];

        static InvalidDataException TooShort() => new("its values go beyond its end");
    }

    // github.com/google/snappy, format_description.txt.
    private static byte[] Snappy(ReadOnlySpan<byte> packed, int length)
    {
        // The most that a byte can stand for is a third of a copy of 64.
        const int MostRatio = 22;
        uint said = 0;
        int at = 0;
        for (int shift = 0; ; shift += 7)
        {
            if (at == packed.Length || shift > 28)
            {
                throw Damaged();
            }
            byte next = packed[at++];
            said |= (uint)(next & 0x7F) << shift;
            if (next < 0x80)
            {
                break;
            }
        }
        if (said != length || length > (long)MostRatio * packed.Length)
        {
            throw new InvalidDataException($"it has {said} bytes in {packed.Length} packed ones; its head says {length}");
        }
        byte[] unpacked = new byte[length];
        int to = 0;
        while (at < packed.Length)
        {
            int tag = packed[at++], kind = tag & 3, extra = kind == 0 ? Math.Max((tag >> 2) - 59, 0) : kind == 1 ? 1 : kind == 2 ? 2 : 4;
            if (extra > packed.Length - at)
            {
                throw Damaged();
            }
            uint number = 0;
            for (int i = 0; i < extra; i++)
            {
                number |= (uint)packed[at++] << (8 * i);
            }
            if (kind == 0)
            {
                long count = 1 + (extra == 0 ? tag >> 2 : (long)number);
                if (count > packed.Length - at || count > length - to)
                {
                    throw Damaged();
                }
                packed.Slice(at, (int)count).CopyTo(unpacked.AsSpan(to));
                at += (int)count;
                to += (int)count;
                continue;
            }
            int copied = kind == 1 ? 4 + ((tag >> 2) & 7) : 1 + (tag >> 2);
            long back = kind == 1 ? ((long)(tag >> 5) << 8) | number : number;
            if (back == 0 || back > to || copied > length - to)
            {
                throw Damaged();
            }
            // Byte by byte: it may run into what it writes.
            for (int i = 0; i < copied; i++, to++)
            {
                unpacked[to] = unpacked[to - (int)back];
            }
        }
        return to == length ? unpacked : throw Damaged();

        static InvalidDataException Damaged() => new("its Snappy data is damaged");
    }
}

/// <summary>A number, or bytes; which, says the column.</summary>
internal readonly record struct ParquetValue(long Number, ReadOnlyMemory<byte> Bytes);

/// <summary>Small numbers in runs: of one number, or packed into bits; definition levels and places in dictionaries.</summary>
/// <param name="bytes">The runs.</param>
/// <param name="width">Bits of a number, 0 to 32.</param>
internal sealed class ParquetRuns(ReadOnlyMemory<byte> bytes, int width)
{
    private ReadOnlyMemory<byte> _rest = bytes;
    private ReadOnlyMemory<byte> _packed;
    private long _left;
    private long _bit;
    private uint _value;
    private bool _isPacked;

    public uint Next()
    {
        if (width == 0)
        {
            return 0;
        }
        while (_left == 0)
        {
            Begin();
        }
        _left--;
        if (!_isPacked)
        {
            return _value;
        }
        uint value = 0;
        var span = _packed.Span;
        for (int i = 0; i < width; i++, _bit++)
        {
            value |= (uint)((span[(int)(_bit >> 3)] >> (int)(_bit & 7)) & 1) << i;
        }
        return value;
    }

    private void Begin()
    {
        var span = _rest.Span;
        uint head = 0;
        int at = 0;
        for (int shift = 0; ; shift += 7)
        {
            if (at == span.Length || shift > 28)
            {
                throw TooShort();
            }
            byte next = span[at++];
            head |= (uint)(next & 0x7F) << shift;
            if (next < 0x80)
            {
                break;
            }
        }
        _isPacked = (head & 1) == 1;
        if (!_isPacked)
        {
            int size = (width + 7) / 8;
            if (size > span.Length - at)
            {
                throw TooShort();
            }
            _value = 0;
            for (int i = 0; i < size; i++)
            {
                _value |= (uint)span[at++] << (8 * i);
            }
            _left = head >> 1;
        }
        else
        {
            // In groups of eight, of which the last may be cut where the values end.
            long size = Math.Min((long)(head >> 1) * width, span.Length - at);
            _packed = _rest.Slice(at, (int)size);
            _left = size * 8 / width;
            _bit = 0;
            at += (int)size;
        }
        _rest = _rest[at..];
    }

    private static InvalidDataException TooShort() => new("its levels or its places in the dictionary end before its values do");
}
