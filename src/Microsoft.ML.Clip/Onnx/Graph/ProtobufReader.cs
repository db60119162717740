using System.Text;

namespace Microsoft.ML.Clip;

/// <summary>
/// Walks the fields of a protobuf message in a seekable stream and jumps over what nobody asks for, so that reading the structure of an ONNX
/// file of gigabytes touches only kilobytes of it.
/// </summary>
/// <remarks>Every length is checked against the message around it: a broken or truncated file ends in <see cref="InvalidDataException"/>.</remarks>
internal sealed class ProtobufReader(Stream stream)
{
    // A name, an operator or a key: longer ones are a sign that the bytes are something else.
    private const int MaximumStringLength = 1 << 20;

    /// <summary>Reads the field that begins at <paramref name="position"/>, and moves the position behind it; false at <paramref name="end"/>.</summary>
    public bool TryRead(ref long position, long end, out ProtobufField field)
    {
        field = default;
        if (position >= end)
        {
            return false;
        }
        MoveTo(position);
        ulong tag = Varint();
        int number = (int)(tag >> 3);
        long begin = position, start = stream.Position;
        ulong value = 0;
        bool isRange = false;
        switch (tag & 7)
        {
            case 0: value = Varint(); position = stream.Position; break;
            case 1: value = Fixed(sizeof(ulong)); position = stream.Position; break;
            case 5: value = Fixed(sizeof(uint)); position = stream.Position; break;
            case 2:
                ulong length = Varint();
                start = stream.Position;
                position = length <= (ulong)Math.Max(0, end - start) ? start + (long)length
                    : throw new InvalidDataException($"a field at byte {begin:N0} claims {length:N0} bytes where {Math.Max(0, end - start):N0} are left; the file is truncated or broken");
                isRange = true;
                break;
            default: throw new InvalidDataException($"byte {begin:N0} is not the start of a field");
        }
        field = new ProtobufField(number, value, begin, start, position, isRange);
        return number > 0 && position <= end ? true : throw new InvalidDataException($"a field at byte {begin:N0} is malformed");
    }

    /// <summary>The content of a string field.</summary>
    public string String(in ProtobufField field) =>
        field is { IsRange: true, Length: <= MaximumStringLength } ? Encoding.UTF8.GetString(Bytes(field)) : throw new InvalidDataException($"the field at byte {field.Begin:N0} is not a name");

    /// <summary>The content of a bytes field.</summary>
    public byte[] Bytes(in ProtobufField field)
    {
        MoveTo(field.Start);
        byte[] bytes = new byte[field.Length];
        stream.ReadExactly(bytes);
        return bytes;
    }

    /// <summary>Adds the numbers of a repeated integer field, whether packed or one by one.</summary>
    public void Integers(in ProtobufField field, List<long> values)
    {
        if (!field.IsRange)
        {
            values.Add((long)field.Value);
            return;
        }
        MoveTo(field.Start);
        while (stream.Position < field.End)
        {
            values.Add((long)Varint());
        }
    }

    private void MoveTo(long position)
    {
        if (stream.Position != position)
        {
            stream.Position = position;
        }
    }

    private ulong Fixed(int size)
    {
        ulong value = 0;
        for (int i = 0; i < size; i++)
        {
            value |= (ulong)Byte() << (8 * i);
        }
        return value;
    }

    private ulong Varint()
    {
        ulong value = 0;
        for (int shift = 0; shift < 64; shift += 7)
        {
            int b = Byte();
            value |= (ulong)(b & 0x7F) << shift;
            if (b < 0x80)
            {
                return value;
            }
        }
        throw new InvalidDataException($"no number ends before byte {stream.Position:N0}");
    }

    private int Byte()
    {
        int b = stream.ReadByte();
        return b >= 0 ? b : throw new EndOfStreamException("the file ends in the middle of a number");
    }
}

/// <summary>One field of a protobuf message: a number, or (for strings, bytes and messages) the range of the stream that holds its content.</summary>
/// <param name="Number">The field's number in its message.</param>
/// <param name="Value">The value of a varint or fixed-size field; 0 for others.</param>
/// <param name="Begin">Where the field begins, tag included.</param>
/// <param name="Start">Where its content begins.</param>
/// <param name="End">Where its content ends.</param>
/// <param name="IsRange">Whether the field is of the length-prefixed kind.</param>
internal readonly record struct ProtobufField(int Number, ulong Value, long Begin, long Start, long End, bool IsRange)
{
    public long Length => End - Start;
}
