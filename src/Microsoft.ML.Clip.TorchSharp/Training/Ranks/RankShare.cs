using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Clip;

/// <summary>A rank's part of a batch, and how its features join those of the others.</summary>
/// <param name="Ranks">All ranks.</param>
/// <param name="Places">Where each image of the batch lies when the ranks' parts stand one after another: [n].</param>
/// <param name="Slots">The places in the batch that this rank embeds: [n / ranks].</param>
/// <param name="TextCount">Distinct texts of the batch.</param>
internal sealed record RankShare(RankGroup Ranks, Tensor Places, Tensor Slots, int TextCount)
{
    /// <summary>Texts of a rank; the last ranks may have fewer, or none.</summary>
    private int TextsEach => (TextCount + Ranks.Size - 1) / Ranks.Size;

    private int FirstText => Math.Min(Ranks.Rank * TextsEach, TextCount);

    private int OwnTexts => Math.Min(TextsEach, TextCount - FirstText);

    /// <summary>The texts that this rank embeds. One that has none embeds another's for nothing, so that all take the same way.</summary>
    public List<int> TextsOf(List<int> all) => OwnTexts > 0 ? all.GetRange(FirstText, OwnTexts) : all.GetRange(0, 1);

    /// <summary>
    /// The loss of the whole batch, of whose features this rank has a part: those of all are gathered, each rank computes the loss of them all, and keeps the
    /// gradient of its own. That of t is the same on every rank; the first one keeps it, since gradients are added afterwards.
    /// </summary>
    /// <param name="loss">The loss of features of all images, of all texts, and t.</param>
    /// <param name="images">Own: [n / ranks, d].</param>
    /// <param name="texts">Own, as <see cref="TextsOf"/> has them: [., d].</param>
    /// <param name="t">The temperature, whose gradient is set or added to.</param>
    /// <returns>The loss, and the gradients of own features.</returns>
    public (double Loss, Tensor Images, Tensor Texts) Contrast(Func<Tensor, Tensor, Tensor, Tensor> loss, Tensor images, Tensor texts, Tensor t)
    {
        long share = images.shape[0], width = images.shape[1];
        Tensor allImages, allTexts;
        using (no_grad())
        {
            // Texts of the last ranks are filled up, and so is a part of no text.
            var own = zeros([share + TextsEach, width], device: images.device);
            own.narrow(0, 0, share).copy_(images);
            own.narrow(0, share, OwnTexts).copy_(texts.narrow(0, 0, OwnTexts));
            var all = Ranks.Gather(own).to(images.device);                                    // [ranks, share + texts, d]
            allImages = all.narrow(1, 0, share).reshape(-1, width).index_select(0, Places);        // [n, d], in the batch's order
            allTexts = all.narrow(1, share, TextsEach).reshape(-1, width).narrow(0, 0, TextCount).clone();
        }
        allImages.requires_grad_();
        allTexts.requires_grad_();
        var value = loss(allImages, allTexts, t);
        value.backward();
        if (!Ranks.IsFirst)
        {
            t.grad!.zero_();
        }
        var textGradient = zeros_like(texts, requires_grad: false);
        textGradient.narrow(0, 0, OwnTexts).copy_(allTexts.grad!.narrow(0, FirstText, OwnTexts));
        return (value.item<float>(), allImages.grad!.index_select(0, Slots), textGradient);
    }
}
