using static TorchSharp.torch;

namespace Microsoft.ML.Clip;

/// <summary>What one step learns from.</summary>
/// <param name="Pixels">[n, 3, size, size], channels last.</param>
/// <param name="Texts">Ids of the distinct texts: [m, longest].</param>
/// <param name="TextOfImage">The text of each image: [n].</param>
/// <param name="Positives">[n, m], zeros and ones, or null for the paper's loss.</param>
internal sealed record TrainingBatch(Tensor Pixels, Tensor Texts, Tensor TextOfImage, Tensor? Positives)
{
    /// <summary>The loss of projected features of the images [n, d] and of the distinct texts [m, d].</summary>
    public Tensor Loss(Tensor images, Tensor texts, Tensor t) => Positives is null
        ? ContrastiveLoss.Symmetric(images, texts.index_select(0, TextOfImage), t)
        : ContrastiveLoss.MultiPositive(images, texts, t, Positives);
}
