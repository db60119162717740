using System.Buffers.Binary;
using System.Text;

namespace Microsoft.ML.Clip;

/// <summary>
/// Reads what Python's pickle wrote, as data: numbers, texts, bytes, lists, tuples, dictionaries with texts as keys, and numpy's arrays of bytes. A pickle is
/// a program, and nothing of it is run here: of what one can import, five names are known, as marks of an array's parts, and every other ends the reading.
/// Protocols 2 to 4, the operations that such files have (Python's pickletools lists them).
/// </summary>
internal sealed class PickleReader
{
    /// <summary>CIFAR-100's largest has 155 MB.</summary>
    public const int MaximumFile = 1 << 30;

    // CIFAR-100's largest has 50,000 rows with two labels and a name each. No list is gone into by recursion, so that depth costs nothing; marks are what
    // nests while reading.
    private const int MaximumValues = 4_000_000, MaximumMarks = 1_000;

    // What numpy and, for bytes in protocol 2, Python itself import. The names are marks; nothing stands behind them.
    private static readonly string[] Known =
    [
        "numpy.core.multiarray _reconstruct", "numpy._core.multiarray _reconstruct", "numpy ndarray", "numpy dtype", "_codecs encode",
    ];

    private readonly ReadOnlyMemory<byte> _pickle;
    private readonly string _path;
    private readonly List<object?> _stack = [];
    private readonly List<int> _marks = [];
    private readonly Dictionary<uint, object?> _memo = [];
    private int _at, _values;
    private long _decoded;

    private PickleReader(ReadOnlyMemory<byte> pickle, string path) => (_pickle, _path) = (pickle, path);

    /// <summary>
    /// What the pickle holds: null, <see cref="bool"/>, <see cref="long"/>, <see cref="string"/>, bytes (<see cref="ReadOnlyMemory{T}"/>; Python 2's
    /// texts, too), a list, an array (tuple), a dictionary, or <see cref="PickleArray"/>.
    /// </summary>
    /// <param name="pickle">The file; bytes in the result refer to it.</param>
    /// <param name="path">Where it is, for messages.</param>
    /// <exception cref="InvalidDataException">It is no pickle, cut short, beyond the limits, or wants to import or make something.</exception>
    public static object? Read(ReadOnlyMemory<byte> pickle, string path) => new PickleReader(pickle, path).Run();

    private object? Run()
    {
        while (true)
        {
            int at = _at;
            byte operation = Take(1)[0];
            switch (operation)
            {
                case 0x80: CheckProtocol(Take(1)[0]); break;
                case 0x95: Take(8); break; // A frame: how much follows until the next, for readers of streams.
                case (byte)'.': return _stack.Count == 1 && _marks.Count == 0 ? _stack[0] : throw Error(at, $"ends with {_stack.Count} values; expected one");
                case (byte)'(': Mark(); break;
                case (byte)'N': Push(null); break;
                case 0x88: Push(true); break;
                case 0x89: Push(false); break;
                case (byte)'K': Push((long)Take(1)[0]); break;
                case (byte)'M': Push((long)BinaryPrimitives.ReadUInt16LittleEndian(Take(2))); break;
                case (byte)'J': Push((long)BinaryPrimitives.ReadInt32LittleEndian(Take(4))); break;
                case 0x8A: Push(Long(Take(Take(1)[0]))); break;
                case (byte)'U' or (byte)'C': Push(Bytes(Take(1)[0])); break;
                case (byte)'T' or (byte)'B': Push(Bytes(Length())); break;
                case 0x8C: Push(Text(Take(1)[0])); break;
                case (byte)'X': Push(Text(Length())); break;
                case (byte)']': Push(new List<object?>()); break;
                case (byte)'}': Push(new Dictionary<string, object?>()); break;
                case (byte)')': Push(Array.Empty<object?>()); break;
                case (byte)'t': Push(PopToMark()); break;
                case 0x85 or 0x86 or 0x87: Push(Pop(operation - 0x84)); break;
                case (byte)'a': Append([Pop()]); break;
                case (byte)'e': Append(PopToMark()); break;
                case (byte)'s': SetItems(Pop(2)); break;
                case (byte)'u': SetItems(PopToMark()); break;
                case (byte)'q': Remember(Take(1)[0]); break;
                case (byte)'r': Remember(BinaryPrimitives.ReadUInt32LittleEndian(Take(4))); break;
                case 0x94: Remember((uint)_memo.Count); break;
                case (byte)'h': Recall(Take(1)[0]); break;
                case (byte)'j': Recall(BinaryPrimitives.ReadUInt32LittleEndian(Take(4))); break;
                case (byte)'c': Push(Import(at, $"{Line()} {Line()}")); break;
                case 0x93: Push(Import(at, string.Join(' ', Pop(2).Select(AsText)))); break;
                case (byte)'R': Push(Reduce(at, Pop(2))); break;
                case (byte)'b': Build(at, Pop()); break;
                default: throw Error(at, $"has the operation 0x{operation:X2}, which files of arrays and lists do not need; nothing was run");
            }
        }
    }

    private object Import(int at, string name) => Known.Contains(name) ? new Imported(name)
        : throw Error(at, $"wants to import '{name.Replace(' ', '.')}'; nothing is imported or run, and expected are numpy's arrays and plain values only");

    private object Reduce(int at, object?[] call) => call switch
    {
        [Imported { Name: "_codecs encode" }, object[] and [string text, var codec]] when AsText(codec) is "latin1" or "latin-1" => Latin1(at, text),
        [Imported { Name: "numpy dtype" }, object[] and [var type, ..]] => new PickleType(AsText(type)),
        [Imported { IsReconstruct: true }, object[] and [Imported { Name: "numpy ndarray" }, ..]] => new PickleArray(),
        [Imported { Name: var name }, ..] => throw Error(at, $"calls '{name.Replace(' ', '.')}' with what numpy does not give it; nothing was run"),
        _ => throw Error(at, "calls what is no function; nothing was run"),
    };

    private void Build(int at, object? state)
    {
        switch (Top(), state)
        {
            // The order of bytes; of single bytes there is none.
            case (PickleType, object[] and [_, var order, ..]) when AsText(order) is "|" or "<" or "=":
                break;
            case (PickleArray array, object[] and [_, object[] shape, PickleType type, bool isFortran, ReadOnlyMemory<byte> bytes]):
                int[] sizes = [.. shape.Select(s => s is long and >= 0 and <= int.MaxValue ? (int)(long)s : throw Error(at, "has an array with a side that is no number"))];
                if (type.Name != "u1" || isFortran)
                {
                    throw Error(at, $"has an array of '{type.Name}'{(isFortran ? ", column by column" : "")}; expected 'u1', row by row");
                }
                if (sizes.Aggregate(1.0, (product, s) => product * s) != bytes.Length)
                {
                    throw Error(at, FormattableString.Invariant($"has an array of {string.Join(" x ", sizes)} with {bytes.Length} bytes"));
                }
                (array.Sizes, array.Bytes) = (sizes, bytes);
                break;
            default:
                throw Error(at, "sets the state of something that is no array as numpy writes it; nothing was run");
        }
    }

    private object Latin1(int at, string text)
    {
        // A text may be used again and again, and each time gives bytes of its own.
        _decoded += text.Length;
        if (_decoded > _pickle.Length)
        {
            throw Error(at, "makes more bytes than it has");
        }
        byte[] bytes = new byte[text.Length];
        for (int i = 0; i < bytes.Length; i++)
        {
            bytes[i] = text[i] <= byte.MaxValue ? (byte)text[i] : throw Error(at, "has bytes beyond 255");
        }
        return (ReadOnlyMemory<byte>)bytes;
    }

    private void Append(ReadOnlySpan<object?> items)
    {
        if (Top() is not List<object?> list)
        {
            throw Error(_at, "appends to what is no list");
        }
        list.AddRange(items);
    }

    private void SetItems(object?[] items)
    {
        if (Top() is not Dictionary<string, object?> dictionary || items.Length % 2 != 0)
        {
            throw Error(_at, "sets items of what is no dictionary");
        }
        for (int i = 0; i < items.Length; i += 2)
        {
            string key = AsText(items[i]);
            if (!dictionary.TryAdd(key, items[i + 1]))
            {
                throw Error(_at, $"has the key '{key}' twice");
            }
        }
    }

    private void Mark()
    {
        if (_marks.Count == MaximumMarks)
        {
            throw Error(_at, $"is nested deeper than {MaximumMarks}");
        }
        _marks.Add(_stack.Count);
    }

    private void Push(object? value)
    {
        if (_values++ == MaximumValues)
        {
            throw Error(_at, FormattableString.Invariant($"has more than {MaximumValues:N0} values"));
        }
        _stack.Add(value);
    }

    private object? Top() => _stack.Count > Floor ? _stack[^1] : throw Error(_at, "uses a value that is not there");

    private int Floor => _marks.Count == 0 ? 0 : _marks[^1];

    private object? Pop() => Pop(1)[0];

    private object?[] Pop(int count)
    {
        if (_stack.Count - Floor < count)
        {
            throw Error(_at, "uses a value that is not there");
        }
        object?[] values = [.. _stack[^count..]];
        _stack.RemoveRange(_stack.Count - count, count);
        return values;
    }

    private object?[] PopToMark()
    {
        if (_marks.Count == 0)
        {
            throw Error(_at, "ends a list that was not begun");
        }
        object?[] values = Pop(_stack.Count - Floor);
        _marks.RemoveAt(_marks.Count - 1);
        return values;
    }

    private void Remember(uint place) => _memo[place] = _memo.Count < MaximumValues ? Top() : throw Error(_at, "remembers too much");

    private void Recall(uint place) => Push(_memo.TryGetValue(place, out object? value) ? value : throw Error(_at, "uses a value that it did not remember"));

    private void CheckProtocol(byte protocol)
    {
        if (protocol is < 2 or > 4)
        {
            throw Error(_at, $"is of protocol {protocol}; expected 2 to 4");
        }
    }

    private ReadOnlySpan<byte> Take(int count) => Bytes(count).Span;

    private ReadOnlyMemory<byte> Bytes(int count)
    {
        if (count > _pickle.Length - _at)
        {
            throw Error(_at, FormattableString.Invariant($"is cut short: {count} bytes were to follow, there are {_pickle.Length - _at}"));
        }
        _at += count;
        return _pickle.Slice(_at - count, count);
    }

    private int Length() => BinaryPrimitives.ReadInt32LittleEndian(Take(4)) is >= 0 and var length ? length : throw Error(_at, "has a length below 0");

    private long Long(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length > sizeof(long))
        {
            throw Error(_at, $"has a number of {bytes.Length} bytes; expected at most {sizeof(long)}");
        }
        long value = bytes.IsEmpty || bytes[^1] < 0x80 ? 0 : -1;
        for (int i = bytes.Length - 1; i >= 0; i--)
        {
            value = (value << 8) | bytes[i];
        }
        return value;
    }

    private string Text(int length) => Encoding.UTF8.GetString(Take(length));

    private string Line()
    {
        int length = _pickle.Span[_at..].IndexOf((byte)'\n');
        string line = Text(length < 0 ? throw Error(_at, "is cut short within a name") : Math.Min(length, 200));
        _at += length - Math.Min(length, 200) + 1;
        return line;
    }

    private string AsText(object? value) => PickleText.Of(value) ?? throw Error(_at, "has something else where a text was expected");

    private InvalidDataException Error(int at, string problem) => new(FormattableString.Invariant($"The pickle '{_path}' {problem} (byte {at})."));

    private sealed record Imported(string Name)
    {
        public bool IsReconstruct => Name.EndsWith("_reconstruct", StringComparison.Ordinal);
    }

    private sealed record PickleType(string Name);
}

/// <summary>An array of numpy's with one byte a value, row by row.</summary>
internal sealed class PickleArray
{
    public int[] Sizes { get; set; } = [];

    public ReadOnlyMemory<byte> Bytes { get; set; }
}

/// <summary>Texts of a pickle: Python 2's are bytes.</summary>
internal static class PickleText
{
    private const int Longest = 10_000;

    /// <summary>The text; null if it is none.</summary>
    public static string? Of(object? value) => value switch
    {
        string text => text,
        ReadOnlyMemory<byte> { Length: <= Longest } bytes => Encoding.UTF8.GetString(bytes.Span),
        _ => null,
    };
}
