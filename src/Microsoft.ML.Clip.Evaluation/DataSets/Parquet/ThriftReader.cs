using System.Text;

namespace Microsoft.ML.Clip;

/// <summary>
/// Thrift's compact protocol, in which Parquet's heads are written: structs of numbered fields. Nothing is believed: what is longer than the bytes at hand, or
/// nested deeper than any head is, is an error, and no memory is asked for that is not covered by bytes.
/// </summary>
/// <param name="bytes">The head, and perhaps more.</param>
internal ref struct ThriftReader(ReadOnlySpan<byte> bytes)
{
    public const int Stop = 0, True = 1, False = 2, I8 = 3, I16 = 4, I32 = 5, I64 = 6, Double = 7, Binary = 8, List = 9, Set = 10, Map = 11, Struct = 12;

    // Parquet's own go to about eight.
    private const int MaximumDepth = 32;

    private readonly ReadOnlySpan<byte> _bytes = bytes;
    private int _depth;

    /// <summary>How many bytes were read.</summary>
    public int Position { get; private set; }

    /// <summary>Enters a struct, and gives what to hand to <see cref="Next"/>.</summary>
    public short Begin()
    {
        _depth++;
        return _depth <= MaximumDepth ? (short)0 : throw new InvalidDataException($"it is nested more than {MaximumDepth} deep");
    }

    /// <summary>The next field of a struct; false at its end, which leaves it.</summary>
    /// <param name="id">The number of the field before; that of this one afterwards.</param>
    /// <param name="type">The type of the field.</param>
    public bool Next(ref short id, out int type)
    {
        int head = Byte();
        type = head & 0xF;
        if (head == Stop)
        {
            _depth--;
            return false;
        }
        id = head >> 4 is > 0 and var delta ? (short)(id + delta) : (short)ZigZag();
        return true;
    }

    /// <summary>A whole number of any width.</summary>
    public long Number(int type) => type switch
    {
        I8 => (sbyte)Byte(),
        I16 or I32 or I64 => ZigZag(),
        _ => throw Unexpected(type, "a number"),
    };

    /// <summary>A number that has to be 0 to 2,147,483,647: sizes, counts.</summary>
    public int Count(int type) => Number(type) is >= 0 and <= int.MaxValue and var count ? (int)count : throw new InvalidDataException("a size or count is below 0 or too large");

    public string Text(int type)
    {
        try
        {
            return Strict.GetString(Bytes(type));
        }
        catch (DecoderFallbackException e)
        {
            throw new InvalidDataException("a text is not UTF-8", e);
        }
    }

    /// <summary>Enters a list and gives its number of items, which is never more than there are bytes.</summary>
    public int Items(int type, out int itemType)
    {
        if (type is not (List or Set))
        {
            throw Unexpected(type, "a list");
        }
        int head = Byte();
        itemType = head & 0xF;
        ulong count = head >> 4 is < 15 and var few ? (ulong)few : VarInt();
        return count <= (ulong)(_bytes.Length - Position) ? (int)count : throw new EndOfStreamException($"a list of {count} items goes beyond its end");
    }

    /// <summary>Passes over a field.</summary>
    public void Skip(int type)
    {
        switch (type)
        {
            case True or False: break;
            case I8: _ = Byte(); break;
            case I16 or I32 or I64: _ = VarInt(); break;
            case Double: _ = Take(sizeof(double)); break;
            case Binary: _ = Bytes(type); break;
            case List or Set:
                // Booleans in lists are bytes.
                for (int i = Items(type, out int itemType); i > 0; i--)
                {
                    Skip(itemType is True or False ? I8 : itemType);
                }
                break;
            case Struct:
                short id = Begin();
                while (Next(ref id, out int fieldType))
                {
                    Skip(fieldType);
                }
                break;
            default: throw Unexpected(type, "a type that Parquet's heads have");
        }
    }

    private static readonly UTF8Encoding Strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    private ReadOnlySpan<byte> Bytes(int type)
    {
        if (type != Binary)
        {
            throw Unexpected(type, "a text");
        }
        ulong length = VarInt();
        return Take(length <= int.MaxValue ? (int)length : int.MaxValue);
    }

    private ReadOnlySpan<byte> Take(int length)
    {
        if (length > _bytes.Length - Position)
        {
            throw new EndOfStreamException("it is cut short");
        }
        var taken = _bytes.Slice(Position, length);
        Position += length;
        return taken;
    }

    private int Byte() => Take(1)[0];

    private long ZigZag()
    {
        ulong value = VarInt();
        return (long)(value >> 1) ^ -(long)(value & 1);
    }

    private ulong VarInt()
    {
        ulong value = 0;
        for (int shift = 0; shift < 64; shift += 7)
        {
            int next = Byte();
            value |= (ulong)(next & 0x7F) << shift;
            if (next < 0x80)
            {
                return value;
            }
        }
        throw new InvalidDataException("a number has more than ten bytes");
    }

    private static InvalidDataException Unexpected(int type, string expected) => new($"a field is of type {type}; expected {expected}");
}
