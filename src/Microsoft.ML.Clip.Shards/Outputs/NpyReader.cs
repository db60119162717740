using System.Buffers.Binary;
using System.Globalization;
using System.Numerics.Tensors;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.RegularExpressions;

namespace Microsoft.ML.Clip;

/// <summary>Reads a matrix of 16- or 32-bit numbers that numpy, or <see cref="NpyWriter"/>, has saved (NEP 1), row by row. Not thread-safe.</summary>
internal sealed partial class NpyReader : IDisposable
{
    private const int MaximumHead = 4096, MaximumDimension = 1 << 20;

    private readonly Stream _stream;
    private readonly bool _isHalf;
    private readonly byte[] _row;

    private NpyReader(Stream stream, long rows, int dimension, bool isHalf) =>
        (_stream, Rows, Dimension, _isHalf, _row) = (stream, rows, dimension, isHalf, new byte[dimension * (isHalf ? 2 : 4)]);

    // Version 1 of the format, which numpy writes unless a head is longer than 64 KB.
    private static ReadOnlySpan<byte> Magic => [0x93, (byte)'N', (byte)'U', (byte)'M', (byte)'P', (byte)'Y', 1];

    public long Rows { get; }

    public int Dimension { get; }

    /// <exception cref="InvalidDataException">It is no such matrix; the message names the file.</exception>
    /// <exception cref="IOException">The file has no bytes or cannot be read.</exception>
    public static NpyReader Open(string path)
    {
        var stream = RegularFile.Open(path);
        try
        {
            byte[] start = new byte[10];
            bool isNumpys = stream.ReadAtLeast(start, start.Length, throwOnEndOfStream: false) == start.Length && start.AsSpan(0, 7).SequenceEqual(Magic);
            int length = isNumpys ? BinaryPrimitives.ReadUInt16LittleEndian(start.AsSpan(8)) : 0;
            byte[] head = new byte[Math.Min(length, MaximumHead)];
            string text = stream.ReadAtLeast(head, head.Length, throwOnEndOfStream: false) == length ? Encoding.Latin1.GetString(head).Trim() : "";
            var match = Head().Match(text);
            if (!long.TryParse(match.Groups["rows"].Value, NumberStyles.None, CultureInfo.InvariantCulture, out long rows)
                || !int.TryParse(match.Groups["columns"].Value, NumberStyles.None, CultureInfo.InvariantCulture, out int dimension)
                || dimension is 0 or > MaximumDimension)
            {
                throw new InvalidDataException($"'{path}' is no matrix of 16- or 32-bit numbers as numpy saves them (.npy); its head is '{(text.Length > 200 ? text[..200] : text)}'.");
            }
            var reader = new NpyReader(stream, rows, dimension, match.Groups["size"].Value == "2");
            double expected = start.Length + length + ((double)rows * reader._row.Length);
            return stream.Length == expected ? reader
                : throw new InvalidDataException(FormattableString.Invariant($"'{path}', a matrix of {rows:N0} x {dimension}, has {stream.Length:N0} bytes; expected {expected:N0}."));
        }
        catch
        {
            stream.Dispose();
            throw;
        }
    }

    /// <summary>The next row.</summary>
    public float[] Next()
    {
        float[] values = new float[Dimension];
        _stream.ReadExactly(_row);
        if (_isHalf)
        {
            TensorPrimitives.ConvertToSingle(MemoryMarshal.Cast<byte, Half>(_row), values);
        }
        else
        {
            _row.CopyTo(MemoryMarshal.AsBytes(values.AsSpan()));
        }
        return values;
    }

    public void Dispose() => _stream.Dispose();

    [GeneratedRegex(@"^\{'descr': '<f(?<size>[24])', 'fortran_order': False, 'shape': \((?<rows>[0-9]+), (?<columns>[0-9]+)\),? *\}$", RegexOptions.CultureInvariant)]
    private static partial Regex Head();
}
