using System.Numerics.Tensors;

namespace Microsoft.ML.Clip;

/// <summary>Solves symmetric positive definite systems with many right sides: small ones in float64, large ones by blocks in float32.</summary>
internal static unsafe class PositiveSystem
{
    // Below that share of its diagonal element, a pivot is rounding error.
    private const double PivotFloor = 1e-7;

    /// <summary>A⁻¹B.</summary>
    /// <param name="a">A, [order, order]; it is used up where it is large.</param>
    /// <param name="b">B, [order, columns].</param>
    /// <param name="threads">How many threads may be used.</param>
    /// <param name="cancellation">Ends it between two stages.</param>
    /// <param name="mostExact">Up to which order float64 is used.</param>
    /// <returns>[order, columns].</returns>
    public static double[] Solve(FloatMatrix a, FloatMatrix b, int threads, CancellationToken cancellation, int mostExact = ClosedForm.MostExact)
    {
        int order = a.Rows;
        if (order > mostExact)
        {
            return SolveByBlocks(a, b, threads, cancellation);
        }
        var system = new PositiveMatrix(order);
        system.Factor(a, threads);
        double[] result = new double[order * b.Columns];
        for (int r = 0; r < order; r++)
        {
            TensorPrimitives.ConvertTruncating<float, double>(b[r], result.AsSpan(r * b.Columns, b.Columns));
        }
        SolveColumns(system, result, b.Columns, threads);
        return result;
    }

    /// <summary>Replaces B, [order, columns], by A⁻¹B.</summary>
    public static void SolveColumns(PositiveMatrix system, double[] b, int columns, int threads)
    {
        int order = b.Length / columns;
        Threads.For(columns, threads, c =>
        {
            double[] column = new double[order];
            for (int r = 0; r < order; r++)
            {
                column[r] = b[(r * columns) + c];
            }
            system.Solve(column);
            for (int r = 0; r < order; r++)
            {
                b[(r * columns) + c] = column[r];
            }
        });
    }

    // With A = LLᵀ and M = L⁻¹: A⁻¹B = Mᵀ(MB). What the product left over is solved once more, which brings back most of the digits that the factor lost.
    private static double[] SolveByBlocks(FloatMatrix a, FloatMatrix b, int threads, CancellationToken cancellation)
    {
        var kept = a.Copy();
        Cholesky.Factor(a.Pointer, a.Rows, a.Stride, PivotFloor, threads);
        cancellation.ThrowIfCancellationRequested();
        Cholesky.InvertToBoth(a.Pointer, a.Rows, a.Stride, threads);
        cancellation.ThrowIfCancellationRequested();
        var solution = Apply(a, b, threads);
        var residual = FloatMatrix.Product(kept, solution, threads);
        TensorPrimitives.Subtract(b.Padded, residual.Padded, residual.Padded);
        var correction = Apply(a, residual, threads);
        double[] result = new double[b.Rows * b.Columns];
        for (int r = 0; r < b.Rows; r++)
        {
            for (int c = 0; c < b.Columns; c++)
            {
                result[(r * b.Columns) + c] = (double)solution[r][c] + correction[r][c];
            }
        }
        return result;
    }

    private static FloatMatrix Apply(FloatMatrix inverses, FloatMatrix b, int threads)
    {
        FloatMatrix first = new(b.Rows, b.Columns), second = new(b.Rows, b.Columns);
        Pass(inverses, b, first, isLower: true, threads);
        Pass(inverses, first, second, isLower: false, threads);
        return second;
    }

    // Rows of blocks: M lies below the diagonal, its transpose above, and the blocks on the diagonal are both.
    private static void Pass(FloatMatrix inverses, FloatMatrix b, FloatMatrix result, bool isLower, int threads)
    {
        const int Block = Cholesky.Block;
        int order = inverses.Rows, blocks = (order + Block - 1) / Block;
        Threads.For(blocks, threads, number =>
        {
            int first = number * Block, count = Math.Min(Block, order - first);
            var diagonal = new FloatBuffer(Block * Block);
            for (int r = 0; r < count; r++)
            {
                for (int c = 0; c < count; c++)
                {
                    diagonal.Pointer[(r * Block) + c] = (isLower ? c <= r : c >= r) ? inverses.Pointer[((long)(first + r) * inverses.Stride) + first + c] : 0;
                }
            }
            float* target = result.Pointer + ((long)first * result.Stride);
            MatrixKernel.Multiply(diagonal.Pointer, Block, 1, b.Pointer + ((long)first * b.Stride), b.Stride, target, result.Stride, count, b.Stride,
                count, accumulate: false);
            GC.KeepAlive(diagonal);
            int start = isLower ? 0 : first + count, depth = isLower ? first : order - start;
            if (depth > 0)
            {
                MatrixKernel.Multiply(inverses.Pointer + ((long)first * inverses.Stride) + start, inverses.Stride, 1,
                    b.Pointer + ((long)start * b.Stride), b.Stride, target, result.Stride,
                    count, b.Stride, depth, accumulate: true);
            }
        });
    }
}
