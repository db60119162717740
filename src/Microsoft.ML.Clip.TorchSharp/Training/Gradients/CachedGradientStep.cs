using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Clip;

/// <summary>
/// A batch that does not fit into memory at once (Gao et al. 2021, arXiv 2101.06983): the embeddings of all parts without a graph, the loss and its gradient on
/// them, and then each part again with a graph, to which that gradient is given.
/// </summary>
/// <param name="size">Images, and texts, that go through a tower at once.</param>
internal sealed class CachedGradientStep(int size) : IGradientStep
{
    public TorchThreads Threads { get; } = new(1);

    public double Backward(ClipModule module, TrainingBatch batch, Action<double>? part = null)
    {
        // A part with a graph takes three times as long as one without.
        double all = ((module.IsImageLocked ? 1 : 4) * Parts(batch.Pixels)) + (4 * Parts(batch.Texts)), done = 0;
        Tensor images = Cache(module.Image, batch.Pixels, Begin), texts = Cache(module.Text, batch.Texts, Begin);
        var (loss, imageGradient, textGradient) = batch.Contrast(images, texts, module.LogitScale);
        if (!module.IsImageLocked)
        {
            Backward(module.Image, batch.Pixels, imageGradient, Begin);
        }
        Backward(module.Text, batch.Texts, textGradient, Begin);
        return loss;

        void Begin(int cost)
        {
            part?.Invoke(done / all);
            done += cost;
        }
    }

    private long Parts(Tensor inputs) => (inputs.shape[0] + size - 1) / size;

    private Tensor Cache(Tower tower, Tensor inputs, Action<int> begin)
    {
        using var _ = no_grad();
        // The first of the two passes must leave no trace in the norms' running statistics.
        using var frozen = BatchNormLayer.FreezeStatistics();
        return cat([.. inputs.split(size).Select(x =>
        {
            begin(1);
            // What lies between is kept by its scope, though no graph needs it: of all parts it would be as much as of the whole batch.
            using var scope = NewDisposeScope();
            return tower.Project(tower.forward(x)).MoveToOuterDisposeScope();
        })], dim: 0).detach();
    }

    private void Backward(Tower tower, Tensor inputs, Tensor gradient, Action<int> begin)
    {
        foreach ((var x, var g) in inputs.split(size).Zip(gradient.split(size)))
        {
            begin(3);
            using var scope = NewDisposeScope();
            tower.Project(tower.forward(x)).backward([g]);
        }
    }
}
