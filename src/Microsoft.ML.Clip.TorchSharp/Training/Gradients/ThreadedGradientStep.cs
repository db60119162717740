using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Clip;

/// <summary>
/// Images and texts go through their towers in parts, one thread each. libtorch's own threads meet after every operation, which on a machine that does other
/// work as well costs more than half of the time; these meet twice a step. With two threads the result does not depend on which is first.
/// </summary>
/// <param name="threads">As many as there are parts.</param>
internal sealed class ThreadedGradientStep(TorchThreads threads) : IGradientStep
{
    public TorchThreads Threads => threads;

    public double Backward(ClipModule module, TrainingBatch batch, Action<double>? part = null)
    {
        part?.Invoke(0);
        Tensor[] images = batch.Pixels.chunk(threads.Count), texts = batch.Texts.chunk(threads.Count);
        Tensor?[] imageFeatures = new Tensor?[images.Length], textFeatures = new Tensor?[texts.Length];
        try
        {
            threads.For(Math.Max(images.Length, texts.Length), i =>
            {
                // One part moves the norms' running statistics, the others would race with it.
                using var frozen = BatchNormLayer.FreezeStatistics(when: i > 0);
                Forward(module.Image, images, imageFeatures, i);
                Forward(module.Text, texts, textFeatures, i);
            });

            part?.Invoke(0.33);
            Tensor imageLeaf = Detach(imageFeatures), textLeaf = Detach(textFeatures);
            var (loss, imageGradient, textGradient) = batch.Contrast(imageLeaf, textLeaf, module.LogitScale);
            Tensor[] imageGradients = imageGradient.chunk(threads.Count), textGradients = textGradient.chunk(threads.Count);
            threads.For(Math.Max(images.Length, texts.Length), i =>
            {
                Backward(imageFeatures, imageGradients, i);
                Backward(textFeatures, textGradients, i);
            });
            return loss;
        }
        finally
        {
            // They and their graphs belong to no scope, as scopes are a thread's.
            foreach (var features in imageFeatures.Concat(textFeatures))
            {
                features?.Dispose();
            }
        }
    }

    // There may be fewer parts of one than of the other.
    private static void Forward(Tower tower, Tensor[] inputs, Tensor?[] features, int i)
    {
        if (i < inputs.Length)
        {
            using var scope = NewDisposeScope();
            features[i] = tower.Project(tower.forward(inputs[i])).DetachFromDisposeScope();
        }
    }

    private static Tensor Detach(Tensor?[] features) => cat([.. features.Select(f => f!.detach())], dim: 0);

    private static void Backward(Tensor?[] features, Tensor[] gradients, int i)
    {
        // A locked tower's have no graph.
        if (i < features.Length && features[i]!.requires_grad)
        {
            using var scope = NewDisposeScope();
            features[i]!.backward([gradients[i]]);
            // Its graph is memory that the other parts can use.
            features[i]!.Dispose();
            features[i] = null;
        }
    }
}
