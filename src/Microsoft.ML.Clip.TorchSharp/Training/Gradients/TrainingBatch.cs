using static TorchSharp.torch;

namespace Microsoft.ML.Clip;

/// <summary>What one step learns from. Where several ranks train together, images and texts are this rank's, and all else is the whole batch's.</summary>
/// <param name="Pixels">[n, 3, size, size], channels last; a rank's part of the n.</param>
/// <param name="Texts">Ids of the distinct texts: [m, longest]; a rank's part of the m.</param>
/// <param name="TextOfImage">The text of each image: [n].</param>
/// <param name="Positives">[n, m]: how much of each text is right for each image, or null for the paper's loss.</param>
/// <param name="Share">Which part of the batch this is; null where it is all of it.</param>
internal sealed record TrainingBatch(Tensor Pixels, Tensor Texts, Tensor TextOfImage, Tensor? Positives, RankShare? Share = null)
{
    /// <summary>The loss of projected features of all images [n, d] and of all distinct texts [m, d].</summary>
    public Tensor Loss(Tensor images, Tensor texts, Tensor t) => Positives is null
        ? ContrastiveLoss.Symmetric(images, texts.index_select(0, TextOfImage), t)
        : ContrastiveLoss.MultiPositive(images, texts, t, Positives);

    /// <summary>The loss of the whole batch and its gradient with respect to features of which only the values are to be known; t gets its own.</summary>
    /// <param name="images">Features of <see cref="Pixels"/>, without a graph.</param>
    /// <param name="texts">Features of <see cref="Texts"/>, without a graph.</param>
    /// <param name="t">The learned temperature, a scalar.</param>
    public (double Loss, Tensor Images, Tensor Texts) Contrast(Tensor images, Tensor texts, Tensor t)
    {
        if (Share is not null)
        {
            return Share.Contrast(Loss, images, texts, t);
        }
        images.requires_grad_();
        texts.requires_grad_();
        var loss = Loss(images, texts, t);
        loss.backward();
        return (loss.item<float>(), images.grad!, texts.grad!);
    }
}
