using System.Numerics.Tensors;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Microsoft.ML.Clip;

/// <summary>The Cholesky factor of a symmetric positive definite matrix, and its inverse, in float64.</summary>
/// <remarks>Both are made of inner products of rows, four at a time with one row in common: that keeps the adders busy and halves the loads.</remarks>
internal static class Cholesky
{
    // Keeps a zero matrix from dividing by zero; its inverse root still fits float32.
    private const double LeastPivot = 1e-60;

    private const int Group = 4;

    /// <summary>Replaces the lower triangle of A by L with A = L L^T.</summary>
    /// <param name="a">A, [size, size]; only the lower triangle is read.</param>
    /// <param name="size">The order.</param>
    /// <param name="floor">The least pivot, as a share of the diagonal element it comes from: smaller ones, which rounding makes of dependent
    /// columns, are replaced by it.</param>
    public static void Factor(double[] a, int size, double floor)
    {
        for (int first = 0; first < size; first += Group)
        {
            int rows = Math.Min(Group, size - first);
            // Columns to the left of the group: the rows are independent of each other.
            for (int j = 0; j < first; j++)
            {
                double pivot = 1 / a[j * size + j];
                var dots = Dot4(a, j * size, first * size, size, rows, j);
                for (int r = 0; r < rows; r++)
                {
                    ref double value = ref a[(first + r) * size + j];
                    value = (value - dots[r]) * pivot;
                }
            }
            for (int i = first; i < first + rows; i++)
            {
                var row = a.AsSpan(i * size, size);
                for (int j = first; j < i; j++)
                    row[j] = (row[j] - TensorPrimitives.Dot<double>(row[..j], a.AsSpan(j * size, j))) / a[j * size + j];
                double pivot = row[i] - TensorPrimitives.SumOfSquares<double>(row[..i]);
                row[i] = Math.Sqrt(Math.Max(pivot, Math.Max(floor * row[i], LeastPivot)));
            }
        }
    }

    /// <summary>The inverse of a lower triangular L, transposed: row j holds column j of the inverse, from the diagonal on.</summary>
    /// <param name="l">L, [size, size]; only the lower triangle is read.</param>
    /// <param name="m">The result, [size, size]; zero below the diagonal, and left so.</param>
    /// <param name="size">The order.</param>
    /// <param name="threads">How many threads may be used.</param>
    public static void InvertTransposed(double[] l, double[] m, int size, int threads)
    {
        int groups = (size + Group - 1) / Group;
        void Columns(int group)
        {
            int first = group * Group, columns = Math.Min(Group, size - first);
            // L M = I, row i: M[i, j] = (I[i, j] - sum over p of L[i, p] M[p, j]) / L[i, i], where p < j contributes nothing.
            for (int i = first; i < size; i++)
            {
                var dots = Dot4(l, i * size + first, m, first * size + first, size, columns, i - first);
                for (int c = 0; c < columns && first + c <= i; c++)
                    m[(first + c) * size + i] = ((i == first + c ? 1 : 0) - dots[c]) / l[i * size + i];
            }
        }
        if (threads == 1 || size < 128)
        {
            for (int group = 0; group < groups; group++)
                Columns(group);
        }
        else
            Parallel.For(0, groups, new ParallelOptions { MaxDegreeOfParallelism = threads }, Columns);
    }

    private static Vector256<double> Dot4(double[] a, int common, int first, int stride, int rows, int length) => Dot4(a, common, a, first, stride, rows, length);

    // The inner products of one row with up to four others, all of the given length.
    private static Vector256<double> Dot4(double[] a, int common, double[] b, int first, int stride, int rows, int length)
    {
        ref double x = ref Unsafe.Add(ref MemoryMarshal.GetArrayDataReference(a), common);
        ref double y0 = ref Unsafe.Add(ref MemoryMarshal.GetArrayDataReference(b), first);
        // Where there are fewer than four rows, the last is taken again.
        ref double y1 = ref Unsafe.Add(ref y0, Math.Min(1, rows - 1) * stride);
        ref double y2 = ref Unsafe.Add(ref y0, Math.Min(2, rows - 1) * stride);
        ref double y3 = ref Unsafe.Add(ref y0, Math.Min(3, rows - 1) * stride);
        Vector512<double> s0 = default, s1 = default, s2 = default, s3 = default;
        nuint i = 0, end = (nuint)length;
        for (; i + 8 <= end; i += 8)
        {
            var v = Vector512.LoadUnsafe(ref x, i);
            s0 = Vector512.MultiplyAddEstimate(v, Vector512.LoadUnsafe(ref y0, i), s0);
            s1 = Vector512.MultiplyAddEstimate(v, Vector512.LoadUnsafe(ref y1, i), s1);
            s2 = Vector512.MultiplyAddEstimate(v, Vector512.LoadUnsafe(ref y2, i), s2);
            s3 = Vector512.MultiplyAddEstimate(v, Vector512.LoadUnsafe(ref y3, i), s3);
        }
        double d0 = Vector512.Sum(s0), d1 = Vector512.Sum(s1), d2 = Vector512.Sum(s2), d3 = Vector512.Sum(s3);
        for (; i < end; i++)
        {
            double v = Unsafe.Add(ref x, i);
            d0 += v * Unsafe.Add(ref y0, i);
            d1 += v * Unsafe.Add(ref y1, i);
            d2 += v * Unsafe.Add(ref y2, i);
            d3 += v * Unsafe.Add(ref y3, i);
        }
        return Vector256.Create(d0, d1, d2, d3);
    }
}
