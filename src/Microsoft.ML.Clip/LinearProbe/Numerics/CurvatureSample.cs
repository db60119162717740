namespace Microsoft.ML.Clip;

/// <summary>
/// An estimate of how the loss curves in feature space: S = sum of h_i x_i x_i^T with h_i = w_i (1 - |p_i|^2) / (k - 1), the mean curvature of
/// the softmax over its k - 1 free directions, from an even sample of the rows. Features include the constant 1.
/// </summary>
internal sealed unsafe class CurvatureSample
{
    // With 8 rows a dimension the eigenvalues of a sampled second-moment matrix lie within a factor of 2 or so of the true ones, with 3 within a
    // factor of 6; both are far from the thousands that lie between the eigenvalues themselves. Between the two, the sample costs as much as two passes.
    private const int MostRowsPerDimension = 8;
    private const int LeastRowsPerDimension = 3;
    private const int MinimumRows = 1024;
    private const int ChunkRows = 96;

    private readonly SoftmaxLoss _loss;
    private readonly int _threads;
    private readonly FloatBuffer _chunk;
    private readonly FloatBuffer _logits;

    public CurvatureSample(SoftmaxLoss loss, int threads)
    {
        (_loss, _threads) = (loss, threads);
        int stride = loss.Rows.Stride;
        _chunk = new FloatBuffer(ChunkRows * stride, clear: false);
        _logits = new FloatBuffer(ChunkRows * MatrixKernel.Pad(loss.Classes));
    }

    /// <summary>What a new sample and the factor made of it cost, in passes over the rows: multiply-adds, those in float64 counted tenfold.</summary>
    public static double CostInPasses(ProbeRows rows, int classes)
    {
        double d = rows.Dimension + 1, sample = RowsFor(rows, classes) * d * d / 2, factor = 10 * d * d * d / 3;
        return (sample + factor) / (2.0 * rows.Count * d * classes);
    }

    private static int RowsFor(ProbeRows rows, int classes)
    {
        long size = rows.Dimension + 1, twoPasses = 8L * rows.Count * classes / size;
        return (int)Math.Min(rows.Count, Math.Max(MinimumRows, Math.Clamp(twoPasses, LeastRowsPerDimension * size, MostRowsPerDimension * size)));
    }

    /// <summary>S at the parameters the loss was last evaluated at, of order dimension + 1.</summary>
    /// <param name="result">[dimension + 1, <see cref="ProbeRows.Stride"/>]; S goes on and below the diagonal, what is above it afterwards means nothing.</param>
    public void Compute(FloatBuffer result)
    {
        var rows = _loss.Rows;
        int size = rows.Dimension + 1, stride = rows.Stride;
        int wanted = RowsFor(rows, _loss.Classes);
        int panels = (size + MatrixKernel.PanelWidth - 1) / MatrixKernel.PanelWidth;
        var chunk = _chunk;
        for (int start = 0; start < wanted; start += ChunkRows)
        {
            int count = Math.Min(ChunkRows, wanted - start);
            Gather(start, count, wanted, chunk, _logits, MatrixKernel.Pad(_loss.Classes));
            bool first = start == 0;
            void Panel(int panel)
            {
                int n = panel * MatrixKernel.PanelWidth;
                // Columns n.. of the lower triangle: rows from n on.
                MatrixKernel.MultiplyPanel(chunk.Pointer + n, 1, stride, chunk.Pointer + n, stride, result.Pointer + ((long)n * stride) + n, stride, size - n,
                    Math.Min(MatrixKernel.PanelWidth, stride - n), count, accumulate: !first);
            }
            if (_threads == 1 || size < 128)
            {
                for (int panel = 0; panel < panels; panel++)
                    Panel(panel);
            }
            else
                Parallel.For(0, panels, new ParallelOptions { MaxDegreeOfParallelism = _threads }, Panel);
        }
    }

    // Copies rows, each scaled by the root of its curvature and of the share of rows that it stands for.
    private void Gather(int start, int count, int wanted, FloatBuffer chunk, FloatBuffer logits, int padded)
    {
        var rows = _loss.Rows;
        int stride = rows.Stride;
        var weights = new float[count];
        int index = 0, before = 0;
        for (int i = 0; i < count; i++)
        {
            int row = (int)((long)(start + i) * rows.Count / wanted);
            while (row >= before + rows.Blocks[index].Count)
                before += rows.Blocks[index++].Count;
            var block = rows.Blocks[index];
            block.Features.Span.Slice((row - before) * stride, stride).CopyTo(chunk.Span[(i * stride)..]);
            weights[i] = block.Weights?[row - before] ?? 1;
        }
        _loss.Logits(chunk.Pointer, count, logits.Pointer);
        SoftmaxRows.Probabilities(logits.Pointer, padded, _loss.Classes, count);
        for (int i = 0; i < count; i++)
        {
            var p = logits.Span.Slice(i * padded, _loss.Classes);
            double curvature = SoftmaxRows.Curvature(p) / (_loss.Classes - 1) * weights[i] * rows.Count / wanted;
            var features = chunk.Span.Slice(i * stride, stride);
            System.Numerics.Tensors.TensorPrimitives.Multiply(features, (float)Math.Sqrt(curvature), features);
        }
    }
}
