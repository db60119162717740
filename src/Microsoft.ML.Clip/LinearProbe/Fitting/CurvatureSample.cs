using System.Numerics.Tensors;

namespace Microsoft.ML.Clip;

/// <summary>
/// An estimate of how the loss curves in feature space: S = sum of h_i x_i x_i^T with h_i = w_i (1 - |p_i|^2) / (k - 1), the mean curvature of
/// the softmax over its k - 1 free directions. Features include the constant 1.
/// </summary>
/// <remarks>
/// A sample of the rows stands for all, each row drawn as often as it curves the loss: late in a fit most rows are classified with confidence and
/// hardly count, and of an even sample little would be left. Drawn is without chance, at even steps of the sum of h_i over the rows.
/// </remarks>
internal sealed unsafe class CurvatureSample
{
    // With 8 rows a dimension the eigenvalues of a sampled second-moment matrix lie within a factor of 2 or so of the true ones, with 3 within a
    // factor of 6; both are far from the thousands that lie between the eigenvalues themselves. Between the two, the sample costs as much as two passes.
    // A sample that serves several fits may be as many times larger: with 24 rows a dimension, weakly regularised fits take a third fewer iterations.
    private const int MostRowsPerDimension = 8;
    private const int LeastRowsPerDimension = 3;
    private const int MinimumRows = 1024;
    private const int ChunkRows = 96;

    private readonly SoftmaxLoss _loss;
    private readonly int _threads;
    private readonly int _rows;
    private readonly FloatBuffer _chunk;

    /// <param name="loss">The loss, with its rows.</param>
    /// <param name="threads">How many threads may be used.</param>
    /// <param name="serves">How many fits a sample will serve.</param>
    public CurvatureSample(SoftmaxLoss loss, int threads, int serves = 1)
    {
        (_loss, _threads) = (loss, threads);
        _rows = SampledRows(loss.Rows, loss.Classes, serves);
        int stride = loss.Rows.Stride;
        _chunk = new FloatBuffer(ChunkRows * stride, clear: false);
    }

    /// <summary>What a new sample and the factor made of it cost, in passes over the rows.</summary>
    public double CostInPasses => Cost(_loss.Rows, _loss.Classes, _rows);

    /// <summary>What the first sample of a single fit and its factor cost, in passes over the rows.</summary>
    public static double CostOfFirst(ProbeRows rows, int classes) => Cost(rows, classes, SampledRows(rows, classes, serves: 1));

    // Multiply-adds; the factor and its inverse are a third of d^3 each, and take half as long again as other products.
    private static double Cost(ProbeRows rows, int classes, int sampled)
    {
        double d = rows.Dimension + 1;
        return ((sampled * d * d / 2) + (d * d * d)) / (2.0 * rows.Count * d * classes);
    }

    private static int SampledRows(ProbeRows rows, int classes, int serves)
    {
        long size = rows.Dimension + 1, twoPasses = 8L * rows.Count * classes / size;
        return (int)Math.Min(rows.Count, serves * Math.Max(MinimumRows, Math.Clamp(twoPasses, LeastRowsPerDimension * size, MostRowsPerDimension * size)));
    }

    /// <summary>S at the parameters the loss was last evaluated at, of order dimension + 1.</summary>
    /// <param name="result">[dimension + 1, <see cref="ProbeRows.Stride"/>]; S goes on and below the diagonal, what is above it afterwards means nothing.</param>
    public void Compute(FloatBuffer result)
    {
        var rows = _loss.Rows;
        int size = rows.Dimension + 1, stride = rows.Stride;
        int panels = (size + MatrixKernel.PanelWidth - 1) / MatrixKernel.PanelWidth;
        double total = 0;
        foreach (float curvature in _loss.Curvatures)
        {
            total += curvature;
        }
        double step = total / _rows;
        var draws = new Draws(_loss, step);
        var chunk = _chunk;
        bool first = true;
        while (true)
        {
            int count = Gather(ref draws, (float)Math.Sqrt(step / (_loss.Classes - 1)));
            if (count == 0 && !first)
            {
                return;
            }
            bool accumulate = !first;
            void Panel(int panel)
            {
                int n = panel * MatrixKernel.PanelWidth;
                // Columns n.. of the lower triangle: rows from n on.
                MatrixKernel.MultiplyPanel(chunk.Pointer + n, 1, stride, chunk.Pointer + n, stride, result.Pointer + ((long)n * stride) + n, stride, size - n,
                    Math.Min(MatrixKernel.PanelWidth, stride - n), count, accumulate);
            }
            Threads.For(panels, size < 128 ? 1 : _threads, Panel);
            first = false;
        }
    }

    // Copies the next rows that are drawn, each scaled by the root of the curvature that it stands for. Returns how many there were.
    private int Gather(ref Draws draws, float scale)
    {
        int stride = _loss.Rows.Stride, count = 0;
        while (count < ChunkRows && draws.Next(out var features, out int times))
        {
            TensorPrimitives.Multiply(features, scale * MathF.Sqrt(times), _chunk.Span.Slice(count++ * stride, stride));
        }
        return count;
    }

    // Walks over the rows, along the sum of their curvatures, and stops in the middle of each step.
    private struct Draws(SoftmaxLoss loss, double step)
    {
        private int _block;
        private int _rowInBlock = -1;
        private int _row = -1;
        private long _drawn;
        private double _sum;

        public bool Next(out ReadOnlySpan<float> features, out int times)
        {
            features = default;
            times = 0;
            var rows = loss.Rows;
            var curvatures = loss.Curvatures;
            while (step > 0 && ++_row < curvatures.Length)
            {
                if (++_rowInBlock == rows.Blocks[_block].Count)
                {
                    (_block, _rowInBlock) = (_block + 1, 0);
                }
                _sum += curvatures[_row];
                // Of the points step / 2, 3 step / 2, ..., those that the sum has passed.
                long passed = (long)(_sum / step + 0.5);
                if (passed == _drawn)
                {
                    continue;
                }
                times = (int)(passed - _drawn);
                _drawn = passed;
                features = rows.Blocks[_block].Features.Span.Slice(_rowInBlock * rows.Stride, rows.Stride);
                return true;
            }
            return false;
        }
    }
}
