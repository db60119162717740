using static TorchSharp.torch;

namespace Microsoft.ML.Clip;

/// <summary>
/// A batch that does not fit into memory at once (Gao et al. 2021, arXiv 2101.06983): the embeddings of all parts without a graph, the loss and its gradient on
/// them, and then each part again with a graph, to which that gradient is given.
/// </summary>
/// <param name="part">Images, and texts, that go through a tower at once.</param>
internal sealed class CachedGradientStep(int part) : IGradientStep
{
    public TorchThreads Threads { get; } = new(1);

    public double Backward(ClipModule module, TrainingBatch batch)
    {
        Tensor images = Cache(module.Image, batch.Pixels), texts = Cache(module.Text, batch.Texts);
        var loss = batch.Loss(images, texts, module.LogitScale);
        loss.backward();
        Backward(module.Image, batch.Pixels, images.grad!);
        Backward(module.Text, batch.Texts, texts.grad!);
        return loss.item<float>();
    }

    private Tensor Cache(Tower tower, Tensor inputs)
    {
        using var _ = no_grad();
        // The first of the two passes must leave no trace in the norms' running statistics.
        using var frozen = BatchNormLayer.FreezeStatistics();
        return cat([.. inputs.split(part).Select(x => tower.Project(tower.forward(x)))], dim: 0).detach().requires_grad_();
    }

    private void Backward(Tower tower, Tensor inputs, Tensor gradient)
    {
        foreach ((var x, var g) in inputs.split(part).Zip(gradient.split(part)))
        {
            using var scope = NewDisposeScope();
            tower.Project(tower.forward(x)).backward([g]);
        }
    }
}
