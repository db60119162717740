namespace Microsoft.ML.Clip;

/// <summary>Writes protobuf fields, and copies them unread from another file; or only counts the bytes that this would take.</summary>
internal sealed class ProtobufOutput : IDisposable
{
    private const int WireRange = 2;
    private readonly Stream? _stream;

    private ProtobufOutput(Stream? stream) => _stream = stream;

    public ProtobufOutput() : this(new MemoryStream())
    {
    }

    /// <summary>The bytes written or counted.</summary>
    public long Length { get; private set; }

    /// <summary>Writes a message of unknown size into an array of exactly that size: one pass counts, the next writes. Weights are copied once.</summary>
    /// <exception cref="InvalidDataException">The message exceeds what an array holds (2 GB).</exception>
    public static byte[] ToExactArray(Action<ProtobufOutput> write, string description)
    {
        using var counter = new ProtobufOutput(stream: null);
        write(counter);
        if (counter.Length > Array.MaxLength)
        {
            throw new InvalidDataException($"{description} takes {counter.Length:N0} bytes with its weights, more than an ONNX file held in memory can ({Array.MaxLength:N0}). Load it from a directory.");
        }
        byte[] bytes = new byte[counter.Length];
        using var output = new ProtobufOutput(new MemoryStream(bytes));
        write(output);
        return bytes;
    }

    /// <summary>Writes into a file, which may be of any size. Disposing the output disposes the stream.</summary>
    public static ProtobufOutput To(Stream stream) => new(stream);

    public byte[] ToArray() => ((MemoryStream)_stream!).ToArray();

    /// <summary>Writes the tag and the length of a message, string or bytes whose content follows.</summary>
    public void Header(int number, long length)
    {
        Varint((ulong)((number << 3) | WireRange));
        Varint((ulong)length);
    }

    public void Bytes(int number, ReadOnlySpan<byte> content)
    {
        Header(number, content.Length);
        Append(content);
    }

    /// <summary>Writes a whole number (int32, int64 or an enumeration).</summary>
    public void Number(int number, long value)
    {
        Varint((ulong)number << 3);
        Varint((ulong)value);
    }

    /// <summary>Writes a number of single precision.</summary>
    public void Single(int number, float value)
    {
        const int WireFixed32 = 5;
        Varint((ulong)((number << 3) | WireFixed32));
        Span<byte> bytes = stackalloc byte[sizeof(float)];
        System.Buffers.Binary.BinaryPrimitives.WriteSingleLittleEndian(bytes, value);
        Append(bytes);
    }

    /// <summary>Appends what is already a field, or a part of one.</summary>
    public void Append(ReadOnlySpan<byte> bytes)
    {
        Count(bytes.Length);
        _stream?.Write(bytes);
    }

    /// <summary>Appends a range of another stream.</summary>
    public void Copy(Stream source, long start, long end)
    {
        Count(end - start);
        if (_stream is not null)
        {
            source.Position = start;
            Span<byte> buffer = stackalloc byte[8192];
            for (long left = end - start; left > 0;)
            {
                var part = buffer[..(int)Math.Min(left, buffer.Length)];
                source.ReadExactly(part);
                _stream.Write(part);
                left -= part.Length;
            }
        }
    }

    public void Dispose() => _stream?.Dispose();

    private void Count(long length)
    {
        Length += length;
        if (_stream is MemoryStream && Length > Array.MaxLength)
        {
            throw new InvalidDataException($"A part of the graph takes more than {Array.MaxLength:N0} bytes with its weights, which is more than memory holds in one piece.");
        }
    }

    private void Varint(ulong value)
    {
        Span<byte> bytes = stackalloc byte[10];
        int count = 0;
        for (; value >= 0x80; value >>= 7)
        {
            bytes[count++] = (byte)(value | 0x80);
        }
        bytes[count++] = (byte)value;
        Append(bytes[..count]);
    }
}
