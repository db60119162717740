namespace Microsoft.ML.Clip;

internal static unsafe partial class Cholesky
{
    /// <summary>
    /// Replaces what <see cref="Factor"/> left by M = L^-1 and its transpose: element [i, j] becomes M[i, j] on and below the diagonal and M[j, i] above it.
    /// </summary>
    /// <param name="a">[size, stride]; what is above the diagonal is not read.</param>
    /// <param name="size">The order.</param>
    /// <param name="stride">The distance between rows, as for <see cref="Factor"/>; what is behind the last column becomes zero.</param>
    /// <param name="threads">How many threads may be used.</param>
    public static void InvertToBoth(float* a, int size, int stride, int threads)
    {
        threads = size < LeastSizeForThreads ? 1 : threads;
        int blocks = (size + Block - 1) / Block;
        // The transposes U of the inverses of the blocks on the diagonal; these themselves are still needed where they are.
        var diagonals = new FloatBuffer(blocks * Block * Block);
        float* U(int block) => diagonals.Pointer + (block * Block * Block);
        Threads.For(blocks, threads, block => InvertDiagonal(a + ((long)block * Block * (stride + 1)), Math.Min(Block, size - (block * Block)), stride,
            U(block)));
        var negative = new FloatBuffer(Block * Block, clear: false);
        var packed = new FloatBuffer(blocks * Block * Block, clear: false);
        // M^T, columns of block i: -(sum over blocks p before i of M^T[., p] L[i, p]^T) U[i]. It goes above the diagonal, while below it L is read.
        for (int i = 1; i < blocks; i++)
        {
            int first = i * Block, height = Math.Min(Block, size - first), width = Math.Min(Block, stride - first), current = i;
            for (int v = 0; v < Block * Block; v++)
            {
                negative.Pointer[v] = -U(i)[v];
            }
            // -L[i, p]^T U[i], for all p, in panels that the kernel reads straight through.
            Threads.For(i, threads, p => ForEachPanel(width, (n, columns) =>
                MatrixKernel.MultiplyPanel(a + ((long)first * stride) + (p * Block), 1, stride, negative.Pointer + n, Block,
                packed.Pointer + (n * first) + (p * Block * columns), columns, Block, columns, height, accumulate: false)));
            Threads.For(i, threads, j => ForEachPanel(width, (n, columns) =>
            {
                int rest = first - ((j + 1) * Block);
                float* b = packed.Pointer + (n * first), rows = a + ((long)j * Block * stride), target = rows + first + n;
                MatrixKernel.MultiplyPanel(U(j), Block, 1, b + (j * Block * columns), columns, target, stride, Block, columns, Block, accumulate: false);
                if (rest > 0)
                {
                    MatrixKernel.MultiplyPanel(rows + ((j + 1) * Block), stride, 1, b + ((j + 1) * Block * columns), columns, target, stride, Block,
                        columns, rest,
                        accumulate: true);
                }
            }));
        }
        Threads.For(blocks, threads, block => Mirror(a, block * Block, Math.Min(Block, size - (block * Block)), stride, U(block)));
    }

    private static void ForEachPanel(int width, Action<int, int> panel)
    {
        for (int n = 0; n < width; n += MatrixKernel.PanelWidth)
        {
            panel(n, Math.Min(MatrixKernel.PanelWidth, width - n));
        }
    }

    // The inverse of a block of L, transposed, in float64 sums: column by column of L^-1.
    private static void InvertDiagonal(float* l, int size, int stride, float* u)
    {
        double* column = stackalloc double[Block];
        for (int c = 0; c < size; c++)
        {
            // The diagonal holds reciprocals.
            column[c] = l[(c * stride) + c];
            for (int r = c + 1; r < size; r++)
            {
                float* row = l + ((long)r * stride);
                double sum = 0;
                for (int p = c; p < r; p++)
                {
                    sum += row[p] * column[p];
                }
                column[r] = -sum * row[r];
            }
            for (int r = c; r < size; r++)
            {
                u[(c * Block) + r] = (float)column[r];
            }
        }
    }

    // Below the diagonal what is above it, in the rows of one block; on the diagonal's block both.
    private static void Mirror(float* a, int first, int size, int stride, float* u)
    {
        for (int j = 0; j < first; j += Block)
        {
            for (int r = 0; r < size; r++)
            {
                float* row = a + ((long)(first + r) * stride) + j, column = a + ((long)j * stride) + first + r;
                for (int c = 0; c < Block; c++)
                {
                    row[c] = column[(long)c * stride];
                }
            }
        }
        for (int r = 0; r < size; r++)
        {
            float* row = a + ((long)(first + r) * stride) + first;
            for (int c = 0; c < size; c++)
            {
                row[c] = c >= r ? u[(r * Block) + c] : u[(c * Block) + r];
            }
        }
    }
}
