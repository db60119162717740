using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Clip;

/// <summary>The loss of Figure 3, and its form for batches in which a caption fits several images.</summary>
internal static class ContrastiveLoss
{
    /// <summary>The paper's: image i belongs to text i and to no other.</summary>
    /// <param name="images">I_f W_i: [n, d].</param>
    /// <param name="texts">T_f W_t: [n, d].</param>
    /// <param name="t">The learned temperature, a scalar.</param>
    /// <returns>A scalar.</returns>
    public static Tensor Symmetric(Tensor images, Tensor texts, Tensor t)
    {
        var imageEmbeddings = nn.functional.normalize(images, dim: 1);               // I_e [n, d]
        var textEmbeddings = nn.functional.normalize(texts, dim: 1);                 // T_e [n, d]
        var logits = imageEmbeddings.matmul(textEmbeddings.t()) * t.exp();           // [n, n]
        long[] itself = [.. Enumerable.Range(0, (int)logits.shape[0]).Select(i => (long)i)];
        var labels = tensor(itself, device: logits.device);                          // [n]
        var imageLoss = nn.functional.cross_entropy(logits, labels);                 // each image finds its text
        var textLoss = nn.functional.cross_entropy(logits.t(), labels);              // each text finds its image
        return imageLoss.Plus(textLoss).DividedBy(2);
    }

    /// <summary>
    /// Soft targets: image i belongs to the texts j in the proportion of <paramref name="positives"/>[i, j]: equally to all with a 1. With the identity it is
    /// <see cref="Symmetric"/>.
    /// </summary>
    /// <param name="images">I_f W_i: [n, d].</param>
    /// <param name="texts">T_f W_t: [m, d].</param>
    /// <param name="t">The learned temperature, a scalar.</param>
    /// <param name="positives">
    /// [n, m], from 0 to 1, in each row something above 0. A text without an image (a column of zeros) only repels, one of which all images together show less
    /// than a whole counts that much.
    /// </param>
    /// <returns>A scalar.</returns>
    public static Tensor MultiPositive(Tensor images, Tensor texts, Tensor t, Tensor positives)
    {
        var imageEmbeddings = nn.functional.normalize(images, dim: 1);               // I_e [n, d]
        var textEmbeddings = nn.functional.normalize(texts, dim: 1);                 // T_e [m, d]
        var logits = imageEmbeddings.matmul(textEmbeddings.t()) * t.exp();           // [n, m]
        var imagesOfText = positives.sum(dim: 0);                                       // [m]
        var imageTargets = positives / positives.sum(dim: 1, keepdim: true);              // [n, m], rows sum to 1
        var textTargets = positives / imagesOfText.AtLeast(1);                       // [n, m], columns sum to 1, or to less than a whole image
        var imageLoss = -(imageTargets * logits.log_softmax(1)).sum().DividedBy(logits.shape[0]);
        var textLoss = -(textTargets * logits.log_softmax(0)).sum() / imagesOfText.AtMost(1).sum();
        return imageLoss.Plus(textLoss).DividedBy(2);
    }
}
