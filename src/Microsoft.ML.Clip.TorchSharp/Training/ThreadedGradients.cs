using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Clip;

/// <summary>
/// The gradient of a batch whose images go through the tower in parts, one thread each. libtorch's own threads meet after every operation, which on a
/// machine that does other work as well costs more than half of the time; these meet twice a step.
/// </summary>
internal static class ThreadedGradients
{
    /// <summary>Adds the gradients of the batch to the parameters. With two threads the result does not depend on which is first.</summary>
    /// <returns>The loss.</returns>
    public static double Backward(ClipModule module, TrainingBatch batch, int threads)
    {
        Tensor[] parts = batch.Pixels.chunk(threads);
        var features = new Tensor[parts.Length];
        ForEach(parts.Length, i =>
        {
            // One part moves the norms' running statistics, the others would race with it.
            BatchNormLayer.FreezesStatistics = i > 0;
            using var scope = NewDisposeScope();
            features[i] = module.Image.Project(module.Image.forward(parts[i])).DetachFromDisposeScope();
            BatchNormLayer.FreezesStatistics = false;
        });

        Tensor images = cat([.. features.Select(f => f.detach())], dim: 0).requires_grad_();
        Tensor texts = module.Text.Project(module.Text.forward(batch.Texts));
        Tensor loss = batch.Loss(images, texts, module.LogitScale);
        loss.backward();
        Tensor[] gradients = images.grad!.chunk(threads);
        ForEach(parts.Length, i =>
        {
            using var scope = NewDisposeScope();
            features[i].backward([gradients[i]]);
            features[i].Dispose();
        });
        return loss.item<float>();
    }

    private static void ForEach(int count, Action<int> action) => ParallelRows.For(count, count, i =>
    {
        set_num_threads(1);
        action(i);
    });
}
