using System.Numerics.Tensors;

namespace Microsoft.ML.Clip;

/// <summary>A matrix in memory that does not move, row by row, whose rows are padded with zeros to what <see cref="MatrixKernel"/> wants.</summary>
internal sealed unsafe class FloatMatrix
{
    // Rows of B that stay in a core's cache while all rows of A pass.
    private const int Depth = 512;

    private readonly FloatBuffer _values;

    public FloatMatrix(int rows, int columns)
    {
        (Rows, Columns, Stride) = (rows, columns, MatrixKernel.Pad(columns));
        _values = new FloatBuffer(checked(rows * Stride));
    }

    public int Rows { get; }

    public int Columns { get; }

    /// <summary>The distance between rows.</summary>
    public int Stride { get; }

    public float* Pointer => _values.Pointer;

    /// <summary>One row, without its padding.</summary>
    public Span<float> this[int row] => _values.Span.Slice(row * Stride, Columns);

    /// <summary>All values, padding included.</summary>
    public Span<float> Padded => _values.Span;

    /// <summary>The same.</summary>
    public Memory<float> Memory => _values.Memory;

    public static FloatMatrix Of(IReadOnlyList<float[]> rows, int columns)
    {
        var matrix = new FloatMatrix(rows.Count, columns);
        for (int r = 0; r < rows.Count; r++)
        {
            rows[r].CopyTo(matrix[r]);
        }
        return matrix;
    }

    /// <param name="values">[rows, columns].</param>
    /// <param name="rows">How many rows they are.</param>
    public static FloatMatrix Of(ReadOnlySpan<float> values, int rows)
    {
        var matrix = new FloatMatrix(rows, rows == 0 ? 0 : values.Length / rows);
        for (int r = 0; r < rows; r++)
        {
            values.Slice(r * matrix.Columns, matrix.Columns).CopyTo(matrix[r]);
        }
        return matrix;
    }

    /// <summary>The values without padding.</summary>
    public float[] ToArray()
    {
        float[] values = new float[Rows * Columns];
        for (int r = 0; r < Rows; r++)
        {
            this[r].CopyTo(values.AsSpan(r * Columns));
        }
        return values;
    }

    /// <summary>The same values in memory of its own.</summary>
    public FloatMatrix Copy()
    {
        var copy = new FloatMatrix(Rows, Columns);
        Padded.CopyTo(copy.Padded);
        return copy;
    }

    /// <summary>Divides each row by its Euclidean norm; rows of zeros stay.</summary>
    /// <returns>The norms.</returns>
    public float[] NormalizeRows(int threads)
    {
        float[] norms = new float[Rows];
        Threads.For(Rows, Rows * (long)Stride < 1 << 16 ? 1 : threads, r =>
        {
            var row = this[r];
            norms[r] = TensorPrimitives.Norm<float>(row);
            if (norms[r] > 0)
            {
                TensorPrimitives.Divide(row, norms[r], row);
            }
        });
        return norms;
    }

    /// <summary>A · B, or with one of them transposed. The sums, in float32, do not depend on the number of threads.</summary>
    public static FloatMatrix Product(FloatMatrix a, FloatMatrix b, int threads, bool transposeA = false, bool transposeB = false)
    {
        int rows = transposeA ? a.Columns : a.Rows, depth = transposeA ? a.Rows : a.Columns, columns = transposeB ? b.Rows : b.Columns;
        if (depth != (transposeB ? b.Columns : b.Rows))
        {
            throw new ArgumentException($"A has {depth} columns, B {(transposeB ? b.Columns : b.Rows)} rows.", nameof(b));
        }
        var c = new FloatMatrix(rows, columns);
        int panels = (c.Stride + MatrixKernel.PanelWidth - 1) / MatrixKernel.PanelWidth;
        // A thread has few rows to pass where there are few panels: then the rows are shared out, too.
        int parts = panels >= threads ? 1 : Math.Max(1, Math.Min(threads, rows / 64));
        int part = ((rows + parts - 1) / parts + 15) / 16 * 16;
        Threads.For(panels * parts, rows * (long)depth * columns < 1 << 18 ? 1 : threads, number =>
        {
            int n = number / parts * MatrixKernel.PanelWidth, width = Math.Min(MatrixKernel.PanelWidth, c.Stride - n);
            int first = number % parts * part, count = Math.Min(part, rows - first);
            if (count <= 0)
            {
                return;
            }
            var packed = new FloatBuffer(Math.Min(Depth, depth) * width, clear: false);
            for (int p = 0; p < depth; p += Depth)
            {
                int steps = Math.Min(Depth, depth - p);
                Pack(b, transposeB, p, steps, n, width, packed.Pointer);
                float* start = transposeA ? a.Pointer + ((long)p * a.Stride) + first : a.Pointer + ((long)first * a.Stride) + p;
                MatrixKernel.MultiplyPanel(start, transposeA ? 1 : a.Stride, transposeA ? a.Stride : 1, packed.Pointer, width,
                    c.Pointer + ((long)first * c.Stride) + n, c.Stride, count, width, steps, accumulate: p > 0);
            }
            // A pointer keeps nothing: without this the collector may take the buffer while the last panel is read.
            GC.KeepAlive(packed);
        });
        return c;
    }

    // What is behind the last column is zero, so that it is in the product.
    private static void Pack(FloatMatrix b, bool transposed, int first, int steps, int n, int width, float* packed)
    {
        if (!transposed)
        {
            for (int p = 0; p < steps; p++)
            {
                float* row = b.Pointer + ((long)(first + p) * b.Stride) + n;
                new ReadOnlySpan<float>(row, width).CopyTo(new Span<float>(packed + (p * width), width));
            }
            return;
        }
        for (int c = 0; c < width; c++)
        {
            float* row = b.Pointer + ((long)(n + c) * b.Stride) + first;
            for (int p = 0; p < steps; p++)
            {
                packed[(p * width) + c] = n + c < b.Rows ? row[p] : 0;
            }
        }
    }
}
