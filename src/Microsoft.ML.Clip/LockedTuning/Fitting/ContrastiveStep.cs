using System.Numerics.Tensors;

namespace Microsoft.ML.Clip;

/// <summary>The symmetric contrastive loss of a batch and its gradient.</summary>
/// <param name="Loss">The mean of both directions.</param>
/// <param name="ImageGradient">By the images' embeddings.</param>
/// <param name="TextGradient">By the texts' embeddings.</param>
/// <param name="LogScaleGradient">By t.</param>
internal sealed record ContrastiveStep(double Loss, FloatMatrix ImageGradient, FloatMatrix TextGradient, float LogScaleGradient)
{
    /// <summary>
    /// Computes both. Images choose among texts, texts among images; where several are right, the target is shared among them by weight, so that a caption that
    /// repeats is no mistake.
    /// </summary>
    /// <param name="images">Unit embeddings, [B, e].</param>
    /// <param name="texts">Unit embeddings, [U, e], each text once.</param>
    /// <param name="scale">exp(t).</param>
    /// <param name="targets">How much text u belongs to image b, [B, U]; some of each row and of each column is above 0.</param>
    /// <param name="weights">What each image counts.</param>
    /// <param name="threads">How many threads may be used.</param>
    public static ContrastiveStep Compute(FloatMatrix images, FloatMatrix texts, float scale, FloatMatrix targets, float[] weights, int threads)
    {
        int rows = images.Rows, columns = texts.Rows;
        var logits = FloatMatrix.Product(images, texts, threads, transposeB: true);
        TensorPrimitives.Multiply(logits.Padded, scale, logits.Padded);
        // d loss / d logits; half of it for each direction.
        var gradient = new FloatMatrix(rows, columns);
        double total = weights.Sum(w => (double)w);
        double loss = 0;
        for (int i = 0; i < rows; i++)
        {
            loss += AddDirection(logits[i], targets[i], gradient[i], 0.5 * weights[i] / total);
        }
        float[] line = new float[rows], target = new float[rows], slope = new float[rows];
        for (int j = 0; j < columns; j++)
        {
            for (int i = 0; i < rows; i++)
            {
                (line[i], target[i]) = (logits[i][j], targets[i][j]);
            }
            Array.Clear(slope);
            loss += AddDirection(line, target, slope, 0.5 / columns);
            for (int i = 0; i < rows; i++)
            {
                gradient[i][j] += slope[i];
            }
        }
        double byScale = 0;
        for (int i = 0; i < rows; i++)
        {
            byScale += VectorMath.Dot(gradient[i], logits[i]);
        }
        TensorPrimitives.Multiply(gradient.Padded, scale, gradient.Padded);
        return new(loss, FloatMatrix.Product(gradient, texts, threads), FloatMatrix.Product(gradient, images, threads, transposeA: true), (float)byScale);
    }

    /// <summary>Adds share · (softmax - target) to the gradient; gives share · cross entropy.</summary>
    private static double AddDirection(ReadOnlySpan<float> logits, ReadOnlySpan<float> targets, Span<float> gradient, double share)
    {
        double most = TensorPrimitives.Max(logits), sum = 0, all = TensorPrimitives.Sum(targets), loss = 0;
        foreach (float logit in logits)
        {
            sum += Math.Exp(logit - most);
        }
        double logSum = most + Math.Log(sum);
        for (int i = 0; i < logits.Length; i++)
        {
            double probability = Math.Exp(logits[i] - logSum), target = targets[i] / all;
            gradient[i] += (float)(share * (probability - target));
            loss += target > 0 ? target * (logSum - logits[i]) : 0;
        }
        return share * loss;
    }
}
