using System.Numerics.Tensors;

namespace Microsoft.ML.Clip;

/// <summary>A symmetric positive definite matrix A in float64, as its factor R with A = R^T R, R upper triangular.</summary>
/// <param name="size">The order.</param>
/// <remarks>Slower than <see cref="Cholesky"/> and takes twice the memory, and has more than twice the digits. Not thread-safe, but for <see
/// cref="Solve"/>.</remarks>
internal sealed class PositiveMatrix(int size)
{
    // Below this share of its diagonal element, a pivot is rounding error.
    private const double PivotFloor = 1e-14;

    // Row i from its diagonal on.
    private readonly double[][] _rows = [.. Enumerable.Range(0, size).Select(i => new double[size - i])];
    private readonly double[] _scratch = new double[size];

    /// <summary>Makes the matrix the sum of some vectors' squares, factor x x^T, and a diagonal: quickly, in the sum's own digits.</summary>
    /// <param name="chunks">Vectors x, [count, size], and a factor for each; not negative.</param>
    /// <param name="diagonal">What is added to the diagonal.</param>
    /// <param name="threads">How many threads may be used.</param>
    public void Sum(IEnumerable<(double[] Vectors, double[] Factors)> chunks, ReadOnlySpan<double> diagonal, int threads)
    {
        Start(diagonal);
        foreach (var (vectors, factors) in chunks)
        {
            // A thread takes every so manieth row of the triangle: short and long ones alike.
            Threads.For(threads, threads, part =>
            {
                for (int i = part; i < size; i += threads)
                {
                    var row = _rows[i].AsSpan();
                    for (int v = 0; v < factors.Length; v++)
                    {
                        double scale = factors[v] * vectors[(v * size) + i];
                        if (scale != 0)
                        {
                            TensorPrimitives.MultiplyAdd(vectors.AsSpan((v * size) + i, size - i), scale, row, row);
                        }
                    }
                }
            });
        }
        Factor(threads);
    }

    /// <summary>Makes the matrix one that is there: its upper triangle is read.</summary>
    public void Factor(FloatMatrix values, int threads)
    {
        for (int i = 0; i < size; i++)
        {
            TensorPrimitives.ConvertTruncating<float, double>(values[i][i..], _rows[i]);
        }
        Factor(threads);
    }

    /// <inheritdoc cref="Factor(FloatMatrix, int)"/>
    public void Factor(ReadOnlySpan<double> values, int threads)
    {
        for (int i = 0; i < size; i++)
        {
            values.Slice((i * size) + i, size - i).CopyTo(_rows[i]);
        }
        Factor(threads);
    }

    /// <summary>The same by rotations, which never square: vectors that are ten decades apart keep their digits. Three times the work, on one thread.</summary>
    public void Rotate(IEnumerable<(double[] Vectors, double[] Factors)> chunks, ReadOnlySpan<double> diagonal)
    {
        Start(diagonal);
        for (int i = 0; i < size; i++)
        {
            _rows[i][0] = Math.Sqrt(_rows[i][0]);
        }
        foreach (var (vectors, factors) in chunks)
        {
            for (int v = 0; v < factors.Length; v++)
            {
                var x = vectors.AsSpan(v * size, size);
                TensorPrimitives.Multiply(x, Math.Sqrt(factors[v]), x);
                Rotate(x);
            }
        }
    }

    /// <summary>Replaces b by A^-1 b.</summary>
    public void Solve(Span<double> b)
    {
        for (int i = 0; i < size; i++)
        {
            b[i] /= _rows[i][0];
            var rest = b[(i + 1)..];
            TensorPrimitives.MultiplyAdd<double>(_rows[i].AsSpan(1), -b[i], rest, rest);
        }
        for (int i = size - 1; i >= 0; i--)
        {
            b[i] = (b[i] - TensorPrimitives.Dot<double>(_rows[i].AsSpan(1), b[(i + 1)..])) / _rows[i][0];
        }
    }

    private void Start(ReadOnlySpan<double> diagonal)
    {
        for (int i = 0; i < size; i++)
        {
            Array.Clear(_rows[i]);
            _rows[i][0] = diagonal[i];
        }
    }

    // R^T R + x x^T, one element of x turned into R after the other (Givens); x is used up.
    private void Rotate(Span<double> x)
    {
        for (int i = 0; i < size; i++)
        {
            if (x[i] == 0)
            {
                continue;
            }
            var row = _rows[i].AsSpan();
            double length = double.Hypot(row[0], x[i]), cos = row[0] / length, sin = x[i] / length;
            row[0] = length;
            Span<double> rest = row[1..], left = x[(i + 1)..], old = _scratch.AsSpan(0, rest.Length);
            rest.CopyTo(old);
            TensorPrimitives.Multiply(rest, cos, rest);
            TensorPrimitives.MultiplyAdd(left, sin, rest, rest);
            TensorPrimitives.Multiply(left, cos, left);
            TensorPrimitives.MultiplyAdd(old, -sin, left, left);
        }
    }

    // Pivots that are rounding error are replaced, and what stands beside them left out, as Cholesky does.
    private void Factor(int threads)
    {
        double[] diagonal = [.. _rows.Select(r => r[0])];
        for (int j = 0; j < size; j++)
        {
            double[] row = _rows[j];
            double least = PivotFloor * diagonal[j];
            if (!(row[0] > least))
            {
                Array.Clear(row);
                row[0] = least > 0 ? Math.Sqrt(least) : 1;
                continue;
            }
            double root = Math.Sqrt(row[0]);
            TensorPrimitives.Divide(row, root, row);
            int rows = size - j - 1, parts = (double)rows * rows < 1e5 ? 1 : threads;
            Threads.For(parts, parts, part =>
            {
                for (int i = j + 1 + part; i < size; i += parts)
                {
                    TensorPrimitives.MultiplyAdd<double>(row.AsSpan(i - j), -row[i - j], _rows[i], _rows[i]);
                }
            });
        }
    }
}
