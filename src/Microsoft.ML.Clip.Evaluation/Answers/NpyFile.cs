using System.Buffers.Binary;
using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace Microsoft.ML.Clip;

/// <summary>Arrays of whole numbers as numpy saves them (NEP 1): a line of text that says what it is, and the numbers.</summary>
internal static partial class NpyFile
{
    private const int MaximumLength = 256 << 20, MaximumAxes = 8;

    private static ReadOnlySpan<byte> Magic => [0x93, (byte)'N', (byte)'U', (byte)'M', (byte)'P', (byte)'Y'];

    /// <exception cref="InvalidDataException">It is no such array; the message names the file.</exception>
    public static (int[] Shape, int[] Values) Read(string path)
    {
        ReadOnlySpan<byte> file = DataFiles.Bytes(path, MaximumLength);
        if (file.Length < 12 || !file.StartsWith(Magic) || file[6] is not (1 or 2 or 3))
        {
            throw new InvalidDataException($"'{path}' is no array that numpy saved (.npy).");
        }
        int lengthSize = file[6] == 1 ? sizeof(ushort) : sizeof(uint), start = 8 + lengthSize;
        uint length = lengthSize == sizeof(ushort) ? BinaryPrimitives.ReadUInt16LittleEndian(file[8..]) : BinaryPrimitives.ReadUInt32LittleEndian(file[8..]);
        if (length > file.Length - start)
        {
            throw new InvalidDataException($"The array '{path}' is cut short within its head.");
        }
        string head = Encoding.Latin1.GetString(file.Slice(start, (int)length)).Trim();
        var match = Head().Match(head);
        string[] axes = match.Groups["shape"].Value.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        int[] shape = [.. axes.Select(a => int.TryParse(a, NumberStyles.None, CultureInfo.InvariantCulture, out int axis) ? axis : -1)];
        if (!match.Success || shape.Length is 0 or > MaximumAxes || shape.Contains(-1))
        {
            throw new InvalidDataException($"The array '{path}' says that it is {(head.Length > 200 ? head[..200] : head)}; expected whole numbers, in little-endian order, row by row.");
        }
        string type = match.Groups["type"].Value;
        int size = type[^1] - '0';
        var data = file[(start + (int)length)..];
        // Doubles, as numbers of axes multiply beyond any whole number.
        double expected = shape.Aggregate((double)size, (a, b) => a * b);
        if (data.Length != expected)
        {
            throw new InvalidDataException(FormattableString.Invariant($"The array '{path}' of {string.Join(" x ", shape)} has {data.Length:N0} bytes of numbers; expected {expected:N0}."));
        }
        int[] values = new int[data.Length / size];
        for (int i = 0; i < values.Length; i++)
        {
            long value = Value(data.Slice(i * size, size), type[0] == 'u');
            values[i] = value is >= int.MinValue and <= int.MaxValue ? (int)value : throw new InvalidDataException($"Number {i} (counted from 0) of '{path}' is {value}; expected one of 32 bits.");
        }
        return (shape, values);
    }

    private static long Value(ReadOnlySpan<byte> bytes, bool isUnsigned)
    {
        ulong value = 0;
        for (int i = bytes.Length - 1; i >= 0; i--)
        {
            value = (value << 8) | bytes[i];
        }
        int unused = 64 - (8 * bytes.Length);
        return isUnsigned ? (long)Math.Min(value, long.MaxValue) : (long)(value << unused) >> unused;
    }

    [GeneratedRegex(@"^\{'descr': '[<|](?<type>[iu][1248])', 'fortran_order': False, 'shape': \((?<shape>[0-9, ]*)\),? *\}$", RegexOptions.CultureInvariant)]
    private static partial Regex Head();
}
