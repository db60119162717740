namespace Microsoft.ML.Clip;

/// <summary>
/// A change of variables that makes the objective about equally curved in all directions: weights w = v M with M = L^-1, L L^T = S + l2 I. In terms
/// of v, the quasi-Newton method starts from the identity where it would otherwise have to learn the spectrum of the features.
/// </summary>
/// <remarks>
/// The idea is Böhning's bound (1992): the Hessian of the multinomial loss is at most (I - 11^T / k) / 2 (x) X^T X, one d x d matrix for all
/// classes. We take the mean curvature instead of its bound, which follows the fit as it becomes confident. The factor is kept, not the inverse:
/// a product of two float matrices M^T M stays positive definite however small l2 is.
/// </remarks>
internal sealed unsafe class Preconditioner
{
    // Below this share of its diagonal element, a pivot is rounding error of the float32 sums in S.
    private const double PivotFloor = 1e-6;

    private readonly int _size;
    private readonly int _stride;
    private readonly double[] _matrix;
    private readonly double[] _inverse;
    private readonly FloatBuffer _factor;
    private readonly FloatBuffer _transposed;
    private readonly int _threads;

    /// <param name="size">The order of S: features and the constant, which is not penalised.</param>
    /// <param name="stride">The distance between rows.</param>
    /// <param name="threads">How many threads may be used.</param>
    public Preconditioner(int size, int stride, int threads)
    {
        (_size, _stride, _threads) = (size, stride, threads);
        (_matrix, _inverse) = (new double[size * size], new double[size * size]);
        (_factor, _transposed) = (new FloatBuffer(stride * stride), new FloatBuffer(stride * stride));
    }

    /// <summary>Changes to other variables.</summary>
    /// <param name="sample">S; see <see cref="CurvatureSample"/>.</param>
    /// <param name="l2">The factor of |W|^2 / 2.</param>
    public void Update(FloatBuffer sample, double l2)
    {
        for (int i = 0; i < _size; i++)
        {
            for (int j = 0; j <= i; j++)
                _matrix[i * _size + j] = sample.Span[i * _stride + j];
            _matrix[i * _size + i] += i < _size - 1 ? l2 : 0;
        }
        Cholesky.Factor(_matrix, _size, PivotFloor);
        Cholesky.InvertTransposed(_matrix, _inverse, _size, _threads);
        for (int j = 0; j < _size; j++)
        {
            for (int i = j; i < _size; i++)
                _factor.Pointer[i * _stride + j] = _transposed.Pointer[j * _stride + i] = (float)_inverse[j * _size + i];
        }
    }

    /// <summary>w (+)= v M: from the new variables to weights.</summary>
    public void ToWeights(FloatBuffer v, FloatBuffer w, int classes, bool accumulate) => Multiply(v, _factor, w, classes, accumulate);

    /// <summary>g_v = g_w M^T: the gradient, in terms of the new variables.</summary>
    public void ToGradient(FloatBuffer gradient, FloatBuffer result, int classes) => Multiply(gradient, _transposed, result, classes, accumulate: false);

    private void Multiply(FloatBuffer a, FloatBuffer b, FloatBuffer c, int classes, bool accumulate)
    {
        int panels = (_stride + MatrixKernel.PanelWidth - 1) / MatrixKernel.PanelWidth;
        void Panel(int panel)
        {
            int n = panel * MatrixKernel.PanelWidth;
            MatrixKernel.MultiplyPanel(a.Pointer, _stride, 1, b.Pointer + n, _stride, c.Pointer + n, _stride, classes, Math.Min(MatrixKernel.PanelWidth, _stride - n), _stride, accumulate);
        }
        if (_threads == 1 || (double)classes * _stride * _stride < 1e6)
        {
            for (int panel = 0; panel < panels; panel++)
                Panel(panel);
        }
        else
            Parallel.For(0, panels, new ParallelOptions { MaxDegreeOfParallelism = _threads }, Panel);
    }
}
