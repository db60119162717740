using System.Globalization;
using System.Numerics.Tensors;
using System.Runtime.InteropServices;
using System.Text;

namespace Microsoft.ML.Clip;

/// <summary>
/// Writes rows of embeddings as numpy saves an array [rows, dimension] (NEP 1, version 1.0), byte for byte. How many there will be need not be known: the head
/// has room for any number, and is written again at the end. Until then it says that there is no row. Not thread-safe.
/// </summary>
internal sealed class NpyWriter
{
    /// <summary>The length of the head. Numpy's own has it for any number of rows, as it leaves room to grow.</summary>
    public const int HeaderLength = 128;

    // 256 KB at a time.
    private const int Piece = 1 << 16;

    // Where rounding to half precision gives infinity: half of a step beyond its largest number, 65,504.
    private const float HalfOverflow = 65_520;

    // Numpy's NaN; .NET's has the sign, which would be seen where files are compared.
    private const uint NaN32 = 0x7FC0_0000;
    private const ushort NaN16 = 0x7E00;

    private readonly Stream _stream;
    private readonly long _start;
    private readonly bool _half;
    private readonly byte[] _buffer = new byte[Piece * sizeof(float)];

    /// <summary>Begins an array.</summary>
    /// <param name="stream">Where to; it has to be seekable, begins where it stands, and is left open.</param>
    /// <param name="dimension">Numbers in a row.</param>
    /// <param name="half">Whether numbers are rounded to 16 bits (to the nearest, to even in the middle, as numpy does).</param>
    public NpyWriter(Stream stream, int dimension, bool half)
    {
        ArgumentNullException.ThrowIfNull(stream);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(dimension);
        if (!stream.CanSeek || !stream.CanWrite)
        {
            throw new ArgumentException("The stream has to be writable and seekable: the head is written again at the end.", nameof(stream));
        }
        (_stream, _start, _half, Dimension) = (stream, stream.Position, half, dimension);
        _stream.Write(Header(Rows, Dimension, _half));
    }

    /// <summary>The head of an array, as numpy writes it.</summary>
    public static byte[] Header(long rows, int dimension, bool half)
    {
        string text = string.Create(CultureInfo.InvariantCulture, $"{{'descr': '<f{(half ? 2 : 4)}', 'fortran_order': False, 'shape': ({rows}, {dimension}), }}");
        return [0x93, .. "NUMPY"u8, 1, 0, HeaderLength - 10, 0, .. Encoding.ASCII.GetBytes(text.PadRight(HeaderLength - 11)), (byte)'\n'];
    }

    /// <summary>Numbers in a row.</summary>
    public int Dimension { get; }

    /// <summary>Rows that were written.</summary>
    public long Rows { get; private set; }

    private int RowLength => Dimension * (_half ? sizeof(ushort) : sizeof(float));

    /// <summary>Writes rows.</summary>
    /// <param name="rows">[rows, dimension]; infinity is kept, and so is NaN, in numpy's form.</param>
    /// <exception cref="ArgumentException">These are no whole rows.</exception>
    /// <exception cref="OverflowException">A number is too large for 16 bits; nothing was written.</exception>
    public void Append(ReadOnlySpan<float> rows)
    {
        if (rows.Length % Dimension != 0)
        {
            throw new ArgumentException($"There are {rows.Length} numbers; expected whole rows of {Dimension}.", nameof(rows));
        }
        long count = rows.Length / Dimension;
        if (_half)
        {
            Check(rows);
        }
        while (!rows.IsEmpty)
        {
            var piece = rows[..Math.Min(Piece, rows.Length)];
            int length = piece.Length * sizeof(float);
            if (_half)
            {
                TensorPrimitives.ConvertToHalf(piece, MemoryMarshal.Cast<byte, Half>(_buffer.AsSpan()));
                length = piece.Length * sizeof(ushort);
            }
            else
            {
                MemoryMarshal.AsBytes(piece).CopyTo(_buffer);
            }
            // A row that failed is NaN; .NET's has a sign.
            if (float.IsNaN(TensorPrimitives.Sum(piece)))
            {
                WriteNaN(piece);
            }
            _stream.Write(_buffer, 0, length);
            rows = rows[piece.Length..];
        }
        Rows += count;
    }

    /// <summary>Writes the head with the number of rows; the stream stands at its end afterwards. It is not flushed to the disk.</summary>
    public void Complete()
    {
        _stream.Position = _start;
        _stream.Write(Header(Rows, Dimension, _half));
        _stream.Position = _start + HeaderLength + (Rows * RowLength);
        _stream.Flush();
    }

    private void WriteNaN(ReadOnlySpan<float> piece)
    {
        var singles = MemoryMarshal.Cast<byte, uint>(_buffer.AsSpan());
        var halves = MemoryMarshal.Cast<byte, ushort>(_buffer.AsSpan());
        for (int i = 0; i < piece.Length; i++)
        {
            if (!float.IsNaN(piece[i]))
            {
                continue;
            }
            if (_half)
            {
                halves[i] = NaN16;
            }
            else
            {
                singles[i] = NaN32;
            }
        }
    }

    private static void Check(ReadOnlySpan<float> rows)
    {
        foreach (float value in rows)
        {
            if (Math.Abs(value) >= HalfOverflow && float.IsFinite(value))
            {
                throw new OverflowException(string.Create(CultureInfo.InvariantCulture, $"An embedding has the number {value}; 16 bits go to 65,504. Write 32 bits, or rows of unit length."));
            }
        }
    }
}
