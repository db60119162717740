using TorchSharp;

namespace Microsoft.ML.Clip.Tests;

/// <summary>Tensors are native memory that no collector sees: a step must leave none behind. Counted alone, since the count is the process's.</summary>
[CollectionDefinition(nameof(TensorLifetimeTests), DisableParallelization = true)]
[Collection(nameof(TensorLifetimeTests))]
public sealed class TensorLifetimeTests
{
    [Theory]
    [InlineData(1, null)]
    [InlineData(2, null)]
    [InlineData(1, 4)]
    public void Fit_StepAfterStep_KeepsNoTensorAlive(int threads, int? microBatch)
    {
        // What other tests left to the collector must not vanish in between; what a finalizer lets go of takes another round.
        for (long before = -1; before != torch.Tensor.TotalCount;)
        {
            before = torch.Tensor.TotalCount;
            GC.Collect();
            GC.WaitForPendingFinalizers();
        }
        var counts = new Counts();
        var options = TrainingFixture.Options(steps: 20, threads: threads, microBatchSize: microBatch, loss: ClipTrainingLoss.MultiPositive);
        new ClipContrastiveTrainer("Image", "Captions", options).Train(TrainingFixture.View(TrainingFixture.Rows()), counts).Dispose();

        // Fewer may be alive: what earlier tests left is finalised at some time. A leak would add some with every step.
        Assert.All(counts.Skip(2), count => Assert.InRange(count, 0, counts[2]));
    }

    private sealed class Counts : List<long>, IProgress<ClipTrainingProgress>
    {
        public void Report(ClipTrainingProgress value) => Add(torch.Tensor.TotalCount);
    }
}
