using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Microsoft.ML.Clip;

/// <summary>The Cholesky factor of a symmetric positive definite matrix, and its inverse, in place, by blocks of columns.</summary>
/// <remarks>
/// Nearly all work is products of blocks, which <see cref="MatrixKernel"/> does on all threads in float32. What decides about the digits stays in float64: the pivots,
/// whose sums are kept apart from the matrix, and the factor of each block on the diagonal. Results do not depend on the number of threads.
/// </remarks>
internal static unsafe partial class Cholesky
{
    /// <summary>The columns of a block: the depth of the products, and what is still factored one by one.</summary>
    public const int Block = 64;

    // Keeps a zero matrix from dividing by zero; its inverse root still fits float32.
    private const double LeastPivot = 1e-60;

    private const int Group = 4;

    // Below this order, waking other threads costs more than it brings.
    private const int LeastSizeForThreads = 256;

    /// <summary>Replaces the lower triangle of A by that of L with A = L L^T, but the diagonal by the reciprocals of L's.</summary>
    /// <param name="a">A, [size, stride]; only the lower triangle is read, and what is above it afterwards means nothing.</param>
    /// <param name="size">The order.</param>
    /// <param name="stride">The distance between rows: the size, up to the next multiple of <see cref="MatrixKernel.Lanes"/> at least.</param>
    /// <param name="floor">The least pivot, as a share of the diagonal element it comes from. Smaller ones are what rounding makes of dependent
    /// columns: they are replaced by it, and what is below them, rounding error divided by rounding error, by zeros. So no row of L gets longer than
    /// the root of its diagonal element, whatever A is.</param>
    /// <param name="threads">How many threads may be used.</param>
    /// <returns>How many pivots were replaced, those of empty rows not counted.</returns>
    public static int Factor(float* a, int size, int stride, double floor, int threads)
    {
        threads = size < LeastSizeForThreads ? 1 : threads;
        var pivots = new Pivots(a, size, stride, floor);
        var packed = size > Block ? new FloatBuffer(Block * (stride - Block), clear: false) : null;
        for (int first = 0; first < size; first += Block)
        {
            int end = Math.Min(first + Block, size), panel = first;
            FactorDiagonal(a, first, end, stride, pivots);
            int groups = (size - end + Group - 1) / Group;
            Threads.For(groups, threads, group => SolveRows(a, panel, end, end + (group * Group), Math.Min(Group, size - end - (group * Group)), stride,
                pivots));
            Threads.For((stride - end + MatrixKernel.PanelWidth - 1) / MatrixKernel.PanelWidth, threads, number =>
                Subtract(a, panel, end, end + (number * MatrixKernel.PanelWidth), size, stride, packed!));
        }
        return pivots.Dependent;
    }

    // The block on the diagonal, one column after the other.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void FactorDiagonal(float* a, int first, int end, int stride, Pivots pivots)
    {
        for (int i = first; i < end; i++)
        {
            float* row = a + ((long)i * stride);
            for (int j = first; j < i; j++)
            {
                float* other = a + ((long)j * stride);
                row[j] = pivots.IsDependent[j] ? 0 : (float)((row[j] - Dot4(other + first, row + first, stride, 1, j - first)[0]) * other[j]);
            }
            pivots.Left[i] -= Dot4(row + first, row + first, stride, 1, i - first)[0];
            row[i] = pivots.Root(i);
        }
    }

    // A few rows below the block: they are independent of each other.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void SolveRows(float* a, int first, int end, int start, int rows, int stride, Pivots pivots)
    {
        float* group = a + ((long)start * stride);
        for (int j = first; j < end; j++)
        {
            float* row = a + ((long)j * stride);
            var dots = Dot4(row + first, group + first, stride, rows, j - first);
            for (int r = 0; r < rows; r++)
            {
                ref float value = ref group[(r * stride) + j];
                value = pivots.IsDependent[j] ? 0 : (float)((value - dots[r]) * row[j]);
            }
        }
        for (int r = 0; r < rows; r++)
        {
            float* row = group + (r * stride) + first;
            pivots.Left[start + r] -= Dot4(row, row, stride, 1, end - first)[0];
        }
    }

    // A panel of the columns behind the block, less the product of the rows just solved: their transpose first, so that the kernel reads it straight through.
    private static void Subtract(float* a, int first, int end, int n, int size, int stride, FloatBuffer packed)
    {
        if (n >= size)
        {
            return;
        }
        int width = Math.Min(MatrixKernel.PanelWidth, stride - n), depth = end - first;
        float* b = packed.Pointer + ((n - end) * Block);
        for (int c = 0; c < width; c++)
        {
            float* row = a + ((long)(n + c) * stride) + first;
            for (int p = 0; p < depth; p++)
            {
                b[(p * width) + c] = n + c < size ? -row[p] : 0;
            }
        }
        float* target = a + ((long)n * stride);
        MatrixKernel.MultiplyPanel(target + first, stride, 1, b, width, target + n, stride, size - n, width, depth, accumulate: true);
    }

    // The inner products of one row with up to four others, all of the given length.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static Vector256<double> Dot4(float* x, float* first, int stride, int rows, int length)
    {
        // Where there are fewer than four rows, the last is taken again.
        float* y0 = first, y1 = first + ((long)Math.Min(1, rows - 1) * stride), y2 = first + ((long)Math.Min(2, rows - 1) * stride),
            y3 = first + ((long)Math.Min(3, rows - 1) * stride);
        Vector512<double> s0 = default, s1 = default, s2 = default, s3 = default;
        int i = 0;
        for (; i + 16 <= length; i += 16)
        {
            var (low, high) = Vector512.Widen(Vector512.Load(x + i));
            s0 = Add(low, high, y0 + i, s0);
            s1 = Add(low, high, y1 + i, s1);
            s2 = Add(low, high, y2 + i, s2);
            s3 = Add(low, high, y3 + i, s3);
        }
        double d0 = Vector512.Sum(s0), d1 = Vector512.Sum(s1), d2 = Vector512.Sum(s2), d3 = Vector512.Sum(s3);
        for (; i < length; i++)
        {
            double v = x[i];
            d0 += v * y0[i];
            d1 += v * y1[i];
            d2 += v * y2[i];
            d3 += v * y3[i];
        }
        return Vector256.Create(d0, d1, d2, d3);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<double> Add(Vector512<double> low, Vector512<double> high, float* y, Vector512<double> sum)
    {
        var (yLow, yHigh) = Vector512.Widen(Vector512.Load(y));
        return Vector512.MultiplyAddEstimate(high, yHigh, Vector512.MultiplyAddEstimate(low, yLow, sum));
    }

    /// <summary>What is left of each diagonal element, in float64, and which columns turned out to depend on those before them.</summary>
    private sealed class Pivots
    {
        private readonly float[] _whole;
        private readonly double _floor;

        public Pivots(float* a, int size, int stride, double floor)
        {
            _floor = floor;
            (_whole, Left, IsDependent) = (new float[size], new double[size], new bool[size]);
            for (int i = 0; i < size; i++)
            {
                Left[i] = _whole[i] = a[((long)i * stride) + i];
            }
        }

        public double[] Left { get; }

        public bool[] IsDependent { get; }

        public int Dependent { get; private set; }

        /// <summary>The reciprocal of L's diagonal element.</summary>
        public float Root(int i)
        {
            IsDependent[i] = !(Left[i] > _floor * _whole[i]);
            Dependent += IsDependent[i] && _whole[i] > 0 ? 1 : 0;
            return (float)(1 / Math.Sqrt(Math.Max(Left[i], Math.Max(_floor * _whole[i], LeastPivot))));
        }
    }
}
