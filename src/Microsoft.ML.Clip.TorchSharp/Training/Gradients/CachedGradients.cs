using static TorchSharp.torch;

namespace Microsoft.ML.Clip;

/// <summary>
/// The gradient of a batch that does not fit into memory at once (Gao et al. 2021, arXiv 2101.06983): the embeddings of all parts without a graph, the loss
/// and its gradient on them, and then each part again with a graph, to which that gradient is given.
/// </summary>
internal static class CachedGradients
{
    /// <summary>Adds the gradients of the batch to the parameters.</summary>
    /// <returns>The loss.</returns>
    public static double Backward(ClipModule module, TrainingBatch batch, int part)
    {
        Tensor images = Cache(module.Image, batch.Pixels, part), texts = Cache(module.Text, batch.Texts, part);
        var loss = batch.Loss(images, texts, module.LogitScale);
        loss.backward();
        Backward(module.Image, batch.Pixels, images.grad!, part);
        Backward(module.Text, batch.Texts, texts.grad!, part);
        return loss.item<float>();
    }

    private static Tensor Cache(Tower tower, Tensor inputs, int part)
    {
        using var _ = no_grad();
        // The first of the two passes must leave no trace in the norms' running statistics.
        using var frozen = BatchNormLayer.FreezeStatistics();
        return cat([.. inputs.split(part).Select(x => tower.Project(tower.forward(x)))], dim: 0).detach().requires_grad_();
    }

    private static void Backward(Tower tower, Tensor inputs, Tensor gradient, int part)
    {
        foreach ((var x, var g) in inputs.split(part).Zip(gradient.split(part)))
        {
            using var scope = NewDisposeScope();
            tower.Project(tower.forward(x)).backward([g]);
        }
    }
}
