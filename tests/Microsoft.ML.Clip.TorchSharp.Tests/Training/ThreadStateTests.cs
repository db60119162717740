using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Clip.Tests;

/// <summary>What a step changes for its thread is as it was afterwards, whatever happened on the way.</summary>
public sealed class ThreadStateTests
{
    [Fact]
    public void CachedGradientStep_WhereAForwardPassThrows_LeavesTheNormsMoving()
    {
        using var scope = NewDisposeScope();
        using var module = new ClipModule(SmallArchitectures.SmallResNet, seed: 2);

        Assert.ThrowsAny<Exception>(() => new CachedGradientStep(6).Backward(module, BadBatch(module.Architecture)));

        AssertNormsMove();
    }

    [Theory]
    [InlineData(2)]
    [InlineData(4)]
    public void ThreadedGradientStep_WhereAForwardPassThrows_LeavesTheNormsMovingOnEveryThread(int threads)
    {
        using var scope = NewDisposeScope();
        using var module = new ClipModule(SmallArchitectures.SmallResNet, seed: 2);

        // Which thread gets which part is chance; after some rounds each has had one that freezes.
        for (int round = 0; round < 20; round++)
        {
            Assert.ThrowsAny<Exception>(() => new ThreadedGradientStep(threads).Backward(module, BadBatch(module.Architecture)));
        }

        AssertNormsMove();
        Parallel.For(0, 64, _ => AssertNormsMove());
    }

    /// <summary>A batch whose images are good and whose texts have an id that no embedding has.</summary>
    private static TrainingBatch BadBatch(ClipArchitecture a)
    {
        const int images = 12;
        var texts = full([images, 6], a.VocabularySize, dtype: ScalarType.Int64);
        return new TrainingBatch(zeros(images, 3, a.ImageSize, a.ImageSize), texts, arange(images), null);
    }

    private static void AssertNormsMove()
    {
        using var scope = NewDisposeScope();
        using var norm = new BatchNormLayer(2);
        norm.train();
        norm.forward(ones(4, 2, 3, 3));
        Assert.All(norm.named_buffers().First(b => b.name == "running_mean").buffer.data<float>().ToArray(), mean => Assert.NotEqual(0, mean));
    }
}
