namespace Microsoft.ML.Clip;

/// <summary>
/// A change of variables that makes the objective about equally curved in all directions: weights w = v M with M = L^-1, L L^T = S + l2 I. In terms
/// of v, the quasi-Newton method starts from the identity where it would otherwise have to learn the spectrum of the features.
/// </summary>
/// <remarks>
/// The idea is Böhning's bound (1992): the Hessian of the multinomial loss is at most (I - 11^T / k) / 2 (x) X^T X, one d x d matrix for all
/// classes. We take the mean curvature instead of its bound, which follows the fit as it becomes confident. The factor is kept, not the inverse:
/// a product of two float matrices M^T M stays positive definite however small l2 is. One square holds M below the diagonal and M^T above it.
/// </remarks>
internal sealed unsafe class Preconditioner
{
    // Below this share of its diagonal element, times the root of the order, a pivot is rounding error of the float32 sums in S.
    private const double PivotFloor = 2e-7;

    private readonly int _size;
    private readonly int _stride;
    private readonly FloatBuffer _factor;
    private readonly FloatBuffer? _kept;
    private readonly int _threads;
    private bool _holdsSample;

    /// <param name="size">The order of S: features and the constant, which is not penalised.</param>
    /// <param name="stride">The distance between rows.</param>
    /// <param name="threads">How many threads may be used.</param>
    /// <param name="keepsSample">Whether <see cref="Update"/> may be called again without a new sample, at the price of a copy of S's triangle.</param>
    public Preconditioner(int size, int stride, int threads, bool keepsSample)
    {
        (_size, _stride, _threads) = (size, stride, threads);
        _factor = new FloatBuffer(size * stride);
        _kept = keepsSample ? new FloatBuffer(checked(size * (size + 1) / 2), clear: false) : null;
    }

    /// <summary>Whether the last S was singular to the precision of its sums: where the variables are no better than a guess.</summary>
    public bool IsSingular { get; private set; }

    /// <summary>Takes another S, for the next <see cref="Update"/>; until then there are no variables to change to.</summary>
    public void Sample(CurvatureSample curvature)
    {
        curvature.Compute(_factor);
        _holdsSample = true;
        if (_kept is not null)
        {
            CopyTriangle((row, kept) => row.CopyTo(kept));
        }
    }

    /// <summary>Changes to other variables: those of the last S and a strength.</summary>
    /// <param name="l2">The factor of |W|^2 / 2.</param>
    /// <exception cref="InvalidOperationException">The sample has been used up, and was not to be kept.</exception>
    public void Update(double l2)
    {
        if (!_holdsSample)
        {
            if (_kept is null)
            {
                throw new InvalidOperationException("The curvature has to be sampled anew: it was made into a factor and not kept.");
            }
            CopyTriangle((row, kept) => kept.CopyTo(row));
        }
        _holdsSample = false;
        float* factor = _factor.Pointer;
        for (int i = 0; i < _size - 1; i++)
        {
            factor[((long)i * _stride) + i] += (float)l2;
        }
        IsSingular = Cholesky.Factor(factor, _size, _stride, PivotFloor * Math.Sqrt(_size), _threads) > 0;
        Cholesky.InvertToBoth(factor, _size, _stride, _threads);
    }

    /// <summary>w (+)= v M: from the new variables to weights.</summary>
    public void ToWeights(FloatBuffer v, FloatBuffer w, int classes, bool accumulate) => ForEachPanel(classes, n =>
    {
        // Rows of M from n on: the diagonal block, and what is below it.
        int width = Width(n), end = Math.Min(n + width, _size);
        MultiplyDiagonal(v.Pointer + n, n, end, lower: true, w.Pointer + n, classes, accumulate);
        if (end < _size)
        {
            MatrixKernel.MultiplyPanel(v.Pointer + end, _stride, 1, Row(end) + n, _stride, w.Pointer + n, _stride, classes, width, _size - end,
                accumulate: true);
        }
    });

    /// <summary>g_v = g_w M^T: the gradient, in terms of the new variables.</summary>
    public void ToGradient(FloatBuffer gradient, FloatBuffer result, int classes) => ForEachPanel(classes, n =>
    {
        // Rows of M^T up to the diagonal block.
        int width = Width(n), end = Math.Min(n + width, _size);
        MultiplyDiagonal(gradient.Pointer + n, n, end, lower: false, result.Pointer + n, classes, accumulate: false);
        if (n > 0)
        {
            MatrixKernel.MultiplyPanel(gradient.Pointer, _stride, 1, Row(0) + n, _stride, result.Pointer + n, _stride, classes, width, n, accumulate: true);
        }
    });

    private delegate void RowCopy(Span<float> row, Span<float> kept);

    // The rows of the square up to the diagonal, and the same values one row after the other.
    private void CopyTriangle(RowCopy copy)
    {
        for (int i = 0, start = 0; i < _size; start += ++i)
        {
            copy(_factor.Span.Slice(i * _stride, i + 1), _kept!.Span.Slice(start, i + 1));
        }
    }

    private float* Row(int row) => _factor.Pointer + ((long)row * _stride);

    private int Width(int column) => Math.Min(MatrixKernel.PanelWidth, _stride - column);

    // The diagonal block holds both triangles: the other one, and the padding, has to be zero in a copy.
    private void MultiplyDiagonal(float* a, int first, int end, bool lower, float* c, int classes, bool accumulate)
    {
        int width = Width(first);
        float* block = stackalloc float[MatrixKernel.PanelWidth * MatrixKernel.PanelWidth];
        for (int i = first; i < end; i++)
        {
            for (int j = first; j < first + width; j++)
            {
                block[((i - first) * width) + j - first] = j < end && (lower ? j <= i : j >= i) ? Row(i)[j] : 0;
            }
        }
        MatrixKernel.MultiplyPanel(a, _stride, 1, block, width, c, _stride, classes, width, end - first, accumulate);
    }

    private void ForEachPanel(int classes, Action<int> panel)
    {
        int panels = (_stride + MatrixKernel.PanelWidth - 1) / MatrixKernel.PanelWidth;
        Threads.For(panels, (double)classes * _stride * _stride < 2e6 ? 1 : _threads, i => panel(i * MatrixKernel.PanelWidth));
    }
}
