using System.Numerics.Tensors;

namespace Microsoft.ML.Clip;

/// <summary>The Cholesky factor of a symmetric positive definite matrix, and its inverse, in float64 and in place.</summary>
internal static class Cholesky
{
    // Keeps a zero matrix from dividing by zero; its inverse root still fits float32.
    private const double LeastPivot = 1e-60;

    /// <summary>Replaces the lower triangle of A by L with A = L L^T.</summary>
    /// <param name="a">A, [size, size]; only the lower triangle is read.</param>
    /// <param name="size">The order.</param>
    /// <param name="floor">The least pivot, as a share of the diagonal element it comes from: smaller ones, which rounding makes of dependent
    /// columns, are replaced by it.</param>
    public static void Factor(Span<double> a, int size, double floor)
    {
        for (int i = 0; i < size; i++)
        {
            var row = a.Slice(i * size, size);
            for (int j = 0; j < i; j++)
                row[j] = (row[j] - TensorPrimitives.Dot<double>(row[..j], a.Slice(j * size, j))) / a[j * size + j];
            double pivot = row[i] - TensorPrimitives.SumOfSquares<double>(row[..i]);
            row[i] = Math.Sqrt(Math.Max(pivot, Math.Max(floor * row[i], LeastPivot)));
        }
    }

    /// <summary>Replaces a lower triangular L by its inverse.</summary>
    public static void Invert(Span<double> l, int size)
    {
        var sum = new double[size];
        for (int i = 0; i < size; i++)
        {
            // Row i of the inverse: (e_i - sum over p < i of L[i, p] * row p) / L[i, i].
            var row = l.Slice(i * size, size);
            Array.Clear(sum);
            for (int p = 0; p < i; p++)
                TensorPrimitives.MultiplyAdd(l.Slice(p * size, p + 1), -row[p], sum.AsSpan(0, p + 1), sum.AsSpan(0, p + 1));
            double pivot = 1 / row[i];
            for (int j = 0; j < i; j++)
                row[j] = sum[j] * pivot;
            row[i] = pivot;
        }
    }
}
