using System.Text;

namespace Microsoft.ML.Clip.Tests;

/// <summary>The protobuf wire format, as much of it as an ONNX file needs: a tag (field number and wire type), then a varint or a length and bytes.</summary>
internal sealed class ProtobufWriter
{
    private readonly MemoryStream _stream = new();

    public byte[] ToArray() => _stream.ToArray();

    public ProtobufWriter Int(int field, long value)
    {
        Varint((ulong)(field << 3));
        Varint((ulong)value);
        return this;
    }

    public ProtobufWriter Float(int field, float value)
    {
        Varint((ulong)((field << 3) | 5));
        _stream.Write(BitConverter.GetBytes(value));
        return this;
    }

    public ProtobufWriter Bytes(int field, ReadOnlySpan<byte> value)
    {
        Tag(field, value.Length);
        _stream.Write(value);
        return this;
    }

    /// <summary>The beginning of a field whose bytes follow elsewhere.</summary>
    public ProtobufWriter Tag(int field, long length)
    {
        Varint((ulong)((field << 3) | 2));
        Varint((ulong)length);
        return this;
    }

    public ProtobufWriter String(int field, string value) => Bytes(field, Encoding.UTF8.GetBytes(value));

    public ProtobufWriter Message(int field, Action<ProtobufWriter> write)
    {
        var inner = new ProtobufWriter();
        write(inner);
        return Bytes(field, inner._stream.ToArray());
    }

    private void Varint(ulong value)
    {
        for (; value >= 0x80; value >>= 7)
        {
            _stream.WriteByte((byte)(value | 0x80));
        }
        _stream.WriteByte((byte)value);
    }
}
