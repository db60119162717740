using System.Numerics.Tensors;
using System.Runtime.CompilerServices;

namespace Microsoft.ML.Clip;

/// <summary>The softmax of a block of logits, its loss, and the gradient of the loss with respect to the logits.</summary>
/// <remarks>
/// Everything is formulated so that small losses keep their relative precision, which separable classes at weak regularisation need: the loss of a
/// well-classified row is log1p of the other classes' sum, and the residual of the true class is minus the sum of the others', not p - 1.
/// </remarks>
internal static unsafe class SoftmaxRows
{
    private const int Lanes = MatrixKernel.Lanes;

    // Far above where exp underflows in float32, so that it still has all its digits.
    private const float SafeExp = 1e-30f;

    /// <summary>Replaces logits by residuals, w (p - y).</summary>
    /// <param name="z">In: logits. Out: residuals. Row by row, <paramref name="stride"/> values each; the padding is left finite.</param>
    /// <param name="stride">The distance between rows, a multiple of <see cref="MatrixKernel.Lanes"/>.</param>
    /// <param name="classes">The number of classes.</param>
    /// <param name="block">The rows: their labels and weights.</param>
    /// <param name="curvatures">Filled with the rows' curvatures: the traces of the weighted loss's Hessian by the logits, w (1 - |p|^2).</param>
    /// <returns>The weighted negative log-likelihood, and the weighted sum of 1 - p of the true classes.</returns>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static (double Loss, double Doubt) Residuals(float* z, int stride, int classes, RowBlock block, Span<float> curvatures)
    {
        var labels = block.Labels.AsSpan(0, block.Count);
        float[]? weights = block.Weights;
        double loss = 0, doubt = 0;
        var all = new Span<float>(z, labels.Length * stride);
        Span<float> shifted = stackalloc float[labels.Length];
        for (int r = 0; r < labels.Length; r++)
        {
            ShiftToMaximum(z + r * stride, stride, classes);
            shifted[r] = z[r * stride + labels[r]];
        }
        TensorPrimitives.Exp(all, all);
        for (int r = 0; r < labels.Length; r++)
        {
            float* row = z + r * stride;
            float own = row[labels[r]];
            row[labels[r]] = 0;
            var (others, squares) = Sums(row, classes);
            float total = own + others, weight = weights is null ? 1 : weights[r];
            // log(total / own), without cancellation where own is nearly everything, and without underflow where it is nearly nothing.
            loss += weight * (own > SafeExp ? LogOnePlus(others / (double)own) : Math.Log(total) - shifted[r]);
            double doubtOfRow = others / total;
            doubt += weight * doubtOfRow;
            // 1 - p^2 of the true class - the others' squares, without cancellation where p is nearly 1; rounding must not make it negative.
            curvatures[r] = weight * (float)Math.Max(0, (doubtOfRow * (2 - doubtOfRow)) - (squares / ((double)total * total)));
            Scale(row, classes, weight / total);
            row[labels[r]] = -weight * (others / total);
        }
        return (loss, doubt);
    }

    /// <summary>log(1 + x) to the last digits of a small x, which double.LogP1 does not keep (Kahan's correction for what 1 + x rounds away).</summary>
    public static double LogOnePlus(double x)
    {
        double sum = 1 + x;
        return sum == 1 ? x : Math.Log(sum) * (x / (sum - 1));
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void ShiftToMaximum(float* row, int stride, int classes)
    {
        float maximum = row[0];
        if (classes < 2 * Lanes)
        {
            for (int c = 1; c < classes; c++)
            {
                maximum = MathF.Max(maximum, row[c]);
            }
            for (int c = 0; c < classes; c++)
            {
                row[c] -= maximum;
            }
        }
        else
        {
            var span = new Span<float>(row, classes);
            maximum = TensorPrimitives.Max(span);
            TensorPrimitives.Subtract(span, maximum, span);
        }
        for (int c = classes; c < stride; c++)
        {
            row[c] = 0;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static (float Values, float Squares) Sums(float* row, int classes)
    {
        if (classes >= 2 * Lanes)
        {
            var span = new ReadOnlySpan<float>(row, classes);
            return (TensorPrimitives.Sum(span), TensorPrimitives.SumOfSquares(span));
        }
        float values = 0, squares = 0;
        for (int c = 0; c < classes; c++)
        {
            (values, squares) = (values + row[c], squares + row[c] * row[c]);
        }
        return (values, squares);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Scale(float* row, int classes, float factor)
    {
        if (classes >= 2 * Lanes)
        {
            var span = new Span<float>(row, classes);
            TensorPrimitives.Multiply(span, factor, span);
            return;
        }
        for (int c = 0; c < classes; c++)
        {
            row[c] *= factor;
        }
    }
}
