using System.Diagnostics.CodeAnalysis;
using System.Text;

namespace Microsoft.ML.Clip;

/// <summary>
/// Walks the fields of a protobuf message in a seekable stream and jumps over what nobody asks for, so that reading the structure of an ONNX
/// file of gigabytes touches only kilobytes of it.
/// </summary>
/// <remarks>Every length is checked against the message around it: a broken or truncated file ends in <see cref="InvalidDataException"/>.</remarks>
internal sealed class ProtobufReader(Stream stream)
{
    /// <summary>
    /// How many fields are read of one file; the largest graphs of CLIP, quantised, with both towers, have some 600,000. What a field costs here and in ONNX
    /// Runtime is many times its two bytes.
    /// </summary>
    public const int MaximumFields = 4_000_000;

    /// <summary>How many characters names and texts may have together.</summary>
    public const int MaximumTextLength = 32 << 20;

    // A name, an operator or a key: longer ones are a sign that the bytes are something else.
    private const int MaximumStringLength = 1 << 20;

    private int _fields;
    private long _textLength;

    /// <summary>Reads the field that begins at <paramref name="position"/>, and moves the position behind it; false at <paramref name="end"/>.</summary>
    public bool TryRead(ref long position, long end, [NotNullWhen(true)] out ProtobufField? field)
    {
        field = null;
        if (position >= end)
        {
            return false;
        }
        if (++_fields > MaximumFields)
        {
            throw new InvalidDataException($"it has more than {MaximumFields:N0} fields, more than any graph of CLIP");
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
    public string String(ProtobufField field)
    {
        if (field is not { IsRange: true, Length: <= MaximumStringLength })
        {
            throw new InvalidDataException($"the field at byte {field.Begin:N0} is not a name");
        }
        if ((_textLength += field.Length) > MaximumTextLength)
        {
            throw new InvalidDataException($"its names take more than {MaximumTextLength:N0} bytes, more than those of any graph of CLIP");
        }
        return Encoding.UTF8.GetString(Bytes(field));
    }

    /// <summary>The content of a bytes field.</summary>
    public byte[] Bytes(ProtobufField field)
    {
        MoveTo(field.Start);
        byte[] bytes = new byte[field.Length];
        stream.ReadExactly(bytes);
        return bytes;
    }

    /// <summary>Adds the numbers of a repeated integer field, whether packed or one by one.</summary>
    /// <param name="field">The field.</param>
    /// <param name="values">Where they are added.</param>
    /// <param name="most">How many there may be in the end.</param>
    /// <param name="what">What they are, for the message if there are more.</param>
    public void Integers(ProtobufField field, List<long> values, int most, string what)
    {
        MoveTo(field.Start);
        for (bool isMore = true; isMore; isMore = field.IsRange && stream.Position < field.End)
        {
            if (field is { IsRange: true, Length: 0 })
            {
                return;
            }
            if (values.Count == most)
            {
                throw new InvalidDataException($"the field at byte {field.Begin:N0} brings {what} to more than {most:N0}");
            }
            values.Add(field.IsRange ? (long)Varint() : (long)field.Value);
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
internal sealed record ProtobufField(int Number, ulong Value, long Begin, long Start, long End, bool IsRange)
{
    /// <summary>That of a node or tensor that is in no file.</summary>
    public static ProtobufField None { get; } = new(0, 0, 0, 0, 0, false);

    public long Length => End - Start;
}
