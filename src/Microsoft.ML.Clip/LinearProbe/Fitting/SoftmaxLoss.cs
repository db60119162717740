using System.Numerics.Tensors;

namespace Microsoft.ML.Clip;

/// <summary>
/// The data's part of the objective: sum of w_i nll_i over all rows, and its gradient with respect to the weights, in one pass over the rows on all
/// threads. Logits exist for one block of rows per thread at a time, never for all.
/// </summary>
/// <remarks>
/// The rows are dealt to the threads in a fixed order and their sums are added in a fixed order: the same number of threads gives the same bits.
/// Not thread-safe: one evaluation at a time.
/// </remarks>
internal sealed unsafe class SoftmaxLoss
{
    // Below this many multiply-adds a pass, waking other threads costs more than it brings.
    private const double WorkPerThread = 400_000;

    private readonly ProbeRows _rows;
    private readonly int _threads;
    private readonly int _paddedClasses;
    private readonly FloatBuffer _packed;
    private readonly FloatBuffer[] _logits;
    private readonly FloatBuffer?[] _gradients;
    private readonly double[] _losses;
    private readonly double[] _doubts;
    private readonly float[] _curvatures;
    private readonly int[] _starts;

    public SoftmaxLoss(ProbeRows rows, int classes, int threads)
    {
        (_rows, Classes) = (rows, classes);
        double work = 2.0 * rows.Count * rows.Stride * classes;
        _threads = (int)Math.Clamp(Math.Min(work / WorkPerThread, rows.Blocks.Count), 1, threads);
        _paddedClasses = MatrixKernel.Pad(classes);
        _packed = new FloatBuffer(_paddedClasses * rows.Stride);
        _logits = [.. Enumerable.Range(0, _threads).Select(_ => new FloatBuffer(rows.BlockRows * _paddedClasses))];
        (_losses, _doubts, _gradients) = (new double[_threads], new double[_threads], new FloatBuffer?[_threads]);
        _curvatures = new float[rows.Count];
        _starts = new int[rows.Blocks.Count];
        for (int b = 1; b < _starts.Length; b++)
        {
            _starts[b] = _starts[b - 1] + rows.Blocks[b - 1].Count;
        }
    }

    /// <summary>The classes, k.</summary>
    public int Classes { get; }

    /// <summary>The rows.</summary>
    public ProbeRows Rows => _rows;

    /// <summary>The values of a parameter vector: one padded row of weights, with the bias behind its features, per class.</summary>
    public int ParameterCount => Classes * _rows.Stride;

    /// <summary>The weighted sum of 1 - p of the true classes, at the last evaluation: how much is left to learn.</summary>
    public double Doubt { get; private set; }

    /// <summary>How much each row's loss curves, w (1 - |p|^2), at the last evaluation; in the order of the blocks.</summary>
    public ReadOnlySpan<float> Curvatures => _curvatures;

    /// <summary>The loss at <paramref name="parameters"/>; its gradient goes to <paramref name="gradient"/>.</summary>
    /// <param name="parameters">[k, stride].</param>
    /// <param name="gradient">[k, stride]; overwritten.</param>
    /// <param name="checkAlive">Called once per block; throws to stop.</param>
    /// <param name="scratch">[k, stride]; overwritten if given, and saves an allocation of that size.</param>
    public double Evaluate(FloatBuffer parameters, FloatBuffer gradient, Action? checkAlive = null, FloatBuffer? scratch = null)
    {
        Pack(parameters.Pointer);
        // The first thread adds straight into the result, the second into what the caller can spare.
        FloatBuffer Part(int thread) => thread == 0 ? gradient : thread == 1 && scratch is not null ? scratch
            : _gradients[thread] ??= new FloatBuffer(ParameterCount, clear: false);
        Run(thread => EvaluateBlocks(thread, Part(thread), checkAlive));
        for (int thread = 1; thread < _threads; thread++)
        {
            TensorPrimitives.Add(gradient.Span, Part(thread).Span, gradient.Span);
        }
        Doubt = _doubts.Sum();
        return _losses.Sum();
    }

    /// <summary>How many rows are classified rightly at <paramref name="parameters"/>, and the loss.</summary>
    public (int Right, double Loss) Score(FloatBuffer parameters)
    {
        Pack(parameters.Pointer);
        int[] right = new int[_threads];
        Run(thread => right[thread] = ScoreBlocks(thread));
        return (right.Sum(), _losses.Sum());
    }

    private Span<float> CurvaturesOf(int block) => _curvatures.AsSpan(_starts[block], _rows.Blocks[block].Count);

    private void Logits(float* features, int rows, float* logits)
    {
        for (int c = 0; c < _paddedClasses; c += MatrixKernel.PanelWidth)
        {
            int width = Math.Min(MatrixKernel.PanelWidth, _paddedClasses - c);
            MatrixKernel.MultiplyPanel(features, _rows.Stride, 1, _packed.Pointer + c * _rows.Stride, width, logits + c, _paddedClasses, rows, width,
                _rows.Dimension + 1, accumulate: false);
        }
    }

    // W transposed, panel by panel of classes: [panel][feature][class in panel], so that the kernel reads it straight through.
    private void Pack(float* w)
    {
        int panels = (_paddedClasses + MatrixKernel.PanelWidth - 1) / MatrixKernel.PanelWidth;
        Threads.For(panels, _threads, panel => PackPanel(w, panel * MatrixKernel.PanelWidth));
    }

    private void PackPanel(float* w, int c)
    {
        int stride = _rows.Stride, width = Math.Min(MatrixKernel.PanelWidth, _paddedClasses - c), used = Math.Min(width, Classes - c);
        float* panel = _packed.Pointer + c * stride;
        for (int j = 0; j < used; j++)
        {
            float* row = w + (c + j) * stride;
            for (int p = 0; p < stride; p++)
            {
                panel[p * width + j] = row[p];
            }
        }
    }

    private void Run(Action<int> work) => Threads.For(_threads, _threads, work);

    private void EvaluateBlocks(int thread, FloatBuffer gradient, Action? checkAlive)
    {
        float* z = _logits[thread].Pointer;
        double loss = 0, doubt = 0;
        for (int b = thread; b < _rows.Blocks.Count; b += _threads)
        {
            checkAlive?.Invoke();
            var block = _rows.Blocks[b];
            Logits(block.Features.Pointer, block.Count, z);
            var part = SoftmaxRows.Residuals(z, _paddedClasses, Classes, block, CurvaturesOf(b));
            (loss, doubt) = (loss + part.Loss, doubt + part.Doubt);
            // G += R^T X
            MatrixKernel.Multiply(z, 1, _paddedClasses, block.Features.Pointer, _rows.Stride, gradient.Pointer, _rows.Stride, Classes, _rows.Stride,
                block.Count, accumulate: b != thread);
        }
        (_losses[thread], _doubts[thread]) = (loss, doubt);
    }

    private int ScoreBlocks(int thread)
    {
        float* z = _logits[thread].Pointer;
        int right = 0;
        double loss = 0;
        for (int b = thread; b < _rows.Blocks.Count; b += _threads)
        {
            var block = _rows.Blocks[b];
            Logits(block.Features.Pointer, block.Count, z);
            for (int r = 0; r < block.Count; r++)
            {
                if (TensorPrimitives.IndexOfMax(new ReadOnlySpan<float>(z + r * _paddedClasses, Classes)) == block.Labels[r])
                {
                    right++;
                }
            }
            loss += SoftmaxRows.Residuals(z, _paddedClasses, Classes, block, CurvaturesOf(b)).Loss;
        }
        _losses[thread] = loss;
        return right;
    }
}
