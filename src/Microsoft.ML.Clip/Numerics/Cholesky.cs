using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Microsoft.ML.Clip;

/// <summary>The Cholesky factor of a symmetric positive definite matrix, and its inverse, in place: float32 in memory, sums in float64.</summary>
/// <remarks>Both are made of inner products of rows, four at a time with one row in common: that keeps the adders busy and halves the loads.</remarks>
internal static unsafe class Cholesky
{
    // Keeps a zero matrix from dividing by zero; its inverse root still fits float32.
    private const double LeastPivot = 1e-60;

    private const int Group = 4;

    /// <summary>Replaces the lower triangle of A by that of L with A = L L^T, but the diagonal by the reciprocals of L's.</summary>
    /// <param name="a">A, [size, stride]; only the lower triangle is read and written.</param>
    /// <param name="size">The order.</param>
    /// <param name="stride">The distance between rows.</param>
    /// <param name="floor">The least pivot, as a share of the diagonal element it comes from. Smaller ones are what rounding makes of dependent
    /// columns: they are replaced by it, and what is below them, rounding error divided by rounding error, by zeros. So no row of L gets longer than
    /// the root of its diagonal element, whatever A is.</param>
    /// <returns>How many pivots were replaced, those of empty rows not counted.</returns>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static int Factor(float* a, int size, int stride, double floor)
    {
        bool[] isDependent = new bool[size];
        int dependent = 0;
        for (int first = 0; first < size; first += Group)
        {
            int rows = Math.Min(Group, size - first);
            float* group = a + ((long)first * stride);
            // Columns to the left of the group: the rows are independent of each other.
            for (int j = 0; j < first; j++)
            {
                float* row = a + ((long)j * stride);
                var dots = Dot4(row, group, stride, rows, j);
                for (int r = 0; r < rows; r++)
                {
                    ref float value = ref group[(r * stride) + j];
                    value = isDependent[j] ? 0 : (float)((value - dots[r]) * row[j]);
                }
            }
            for (int i = first; i < first + rows; i++)
            {
                float* row = a + ((long)i * stride);
                for (int j = first; j < i; j++)
                {
                    float* other = a + ((long)j * stride);
                    row[j] = isDependent[j] ? 0 : (float)((row[j] - Dot4(other, row, stride, 1, j)[0]) * other[j]);
                }
                double pivot = row[i] - Dot4(row, row, stride, 1, i)[0];
                isDependent[i] = !(pivot > floor * row[i]);
                dependent += isDependent[i] && row[i] > 0 ? 1 : 0;
                row[i] = (float)(1 / Math.Sqrt(Math.Max(pivot, Math.Max(floor * row[i], LeastPivot))));
            }
        }
        return dependent;
    }

    /// <summary>
    /// Replaces what <see cref="Factor"/> left by M = L^-1 and its transpose: element [i, j] becomes M[i, j] on and below the diagonal and M[j, i] above it.
    /// </summary>
    /// <param name="a">[size, stride]; what is above the diagonal is not read.</param>
    /// <param name="size">The order.</param>
    /// <param name="stride">The distance between rows.</param>
    /// <param name="threads">How many threads may be used.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void InvertToBoth(float* a, int size, int stride, int threads)
    {
        int groups = (size + Group - 1) / Group;
        // Row j above the diagonal takes column j of M, while below it L is read.
        void Columns(int group)
        {
            int first = group * Group, columns = Math.Min(Group, size - first), next = first + columns;
            float* inverse = a + ((long)first * stride);
            // L M = I, row i: M[i, j] = -(sum over p from j to i - 1 of L[i, p] M[p, j]) / L[i, i].
            for (int i = first + 1; i < size; i++)
            {
                float* row = a + ((long)i * stride);
                var dots = i > next ? Dot4(row + next, inverse + next, stride, columns, i - next) : default;
                for (int c = 0; c < columns && first + c < i; c++)
                {
                    // The first few, where M shares rows with L, one by one.
                    double sum = dots[c];
                    for (int p = first + c; p < Math.Min(i, next); p++)
                    {
                        sum += (double)row[p] * inverse[(c * stride) + p];
                    }
                    inverse[(c * stride) + i] = (float)(-sum * row[i]);
                }
            }
        }
        Threads.For(groups, size < 128 ? 1 : threads, Columns);
        for (int i = 1; i < size; i++)
        {
            for (int j = 0; j < i; j++)
            {
                a[((long)i * stride) + j] = a[((long)j * stride) + i];
            }
        }
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
}
