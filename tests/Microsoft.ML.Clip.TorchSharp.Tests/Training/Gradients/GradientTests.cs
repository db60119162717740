using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Clip.Tests;

/// <summary>A batch in parts has the gradient of the whole batch.</summary>
public sealed class GradientTests
{
    [Theory]
    [InlineData(null, 1, typeof(PlainGradientStep))]
    [InlineData(null, 2, typeof(ThreadedGradientStep))]
    [InlineData(4, 1, typeof(CachedGradientStep))]
    [InlineData(4, 2, typeof(CachedGradientStep))]
    [InlineData(8, 1, typeof(PlainGradientStep))]
    [InlineData(8, 2, typeof(ThreadedGradientStep))]
    public void Choose_ForABatchOfEight_TakesTheWayThatTheOptionsAskFor(int? microBatch, int threads, Type expected)
    {
        var step = IGradientStep.Choose(TrainingFixture.Options(microBatchSize: microBatch, threads: threads), batchSize: 8);
        using var _ = step.Threads;
        Assert.IsType(expected, step);
        Assert.Equal(expected == typeof(ThreadedGradientStep) ? threads : 1, step.Threads.Count);
    }

    [Theory]
    [InlineData("vit", ClipTrainingLoss.Paper, 3)]
    [InlineData("vit", ClipTrainingLoss.MultiPositive, 3)]
    [InlineData("vit", ClipTrainingLoss.MultiPositive, 12)]
    [InlineData("cbow", ClipTrainingLoss.Paper, 5)]
    public void CachedGradientStep_OfParts_GivesTheGradientOfTheWholeBatch(string architecture, ClipTrainingLoss loss, int part)
    {
        using var scope = NewDisposeScope();
        using var module = new ClipModule(SmallArchitectures.All[architecture], seed: 2);
        var batch = Batch(module.Architecture, loss);
        AssertEqual(Gradients(module, batch, new PlainGradientStep()), Gradients(module, batch, new CachedGradientStep(part)));
    }

    [Theory]
    [InlineData("vit", 2)]
    [InlineData("vit", 3)]
    public void ThreadedGradientStep_GivesTheGradientOfTheWholeBatch(string architecture, int threads)
    {
        using var scope = NewDisposeScope();
        using var module = new ClipModule(SmallArchitectures.All[architecture], seed: 2);
        var batch = Batch(module.Architecture, ClipTrainingLoss.MultiPositive);
        using var ours = new TorchThreads(threads);
        AssertEqual(Gradients(module, batch, new PlainGradientStep()), Gradients(module, batch, new ThreadedGradientStep(ours)));
    }

    /// <summary>Of the pass without gradients nothing is kept but the embeddings: else a batch in parts takes as much memory as a whole one.</summary>
    [Fact]
    public void CachedGradientStep_OfMoreParts_KeepsHardlyMoreTensors()
    {
        // 12 images and 7 texts are 4 parts of 6, or 10 of 2. Each is a tensor that gives one; a pass through a tower makes dozens.
        Assert.InRange(MostTensors(size: 2) - MostTensors(size: 6), 0, 4 * (10 - 4));

        static long MostTensors(int size)
        {
            using var scope = NewDisposeScope();
            using var module = new ClipModule(SmallArchitectures.VisionTransformer, seed: 2);
            var batch = Batch(module.Architecture, ClipTrainingLoss.Paper);
            using var step = NewDisposeScope();
            long most = 0;
            new CachedGradientStep(size).Backward(module, batch, _ => most = Math.Max(most, step.DisposablesCount));
            return most;
        }
    }

    [Fact]
    public void CachedGradientStep_ThroughBatchNorm_MovesTheStatisticsOnce()
    {
        using var scope = NewDisposeScope();
        using ClipModule cached = new(SmallArchitectures.SmallResNet, seed: 2), plain = new(SmallArchitectures.SmallResNet, seed: 2);
        var batch = Batch(cached.Architecture, ClipTrainingLoss.Paper);
        new CachedGradientStep(6).Backward(cached, batch);
        foreach (var part in batch.Pixels.split(6))
        {
            plain.Image.forward(part);
        }

        foreach ((string name, var value) in plain.Weights().Where(w => w.Key.Contains("running", StringComparison.Ordinal)))
        {
            Assert.InRange((cached.Weights()[name] - value).abs().max().item<float>(), 0, TrainingTolerances.Parts);
        }
    }

    [Fact]
    public void ThreadedGradientStep_TwiceOnTheSame_IsEqualToTheBit()
    {
        using var scope = NewDisposeScope();
        using var module = new ClipModule(SmallArchitectures.SmallResNet, seed: 2);
        var batch = Batch(module.Architecture, ClipTrainingLoss.MultiPositive);
        using var threads = new TorchThreads(2);
        var first = Gradients(module, batch, new ThreadedGradientStep(threads));
        for (int i = 0; i < 10; i++)
        {
            var second = Gradients(module, batch, new ThreadedGradientStep(threads));
            Assert.All(first.Values, g => Assert.Equal(g.Value.data<float>().ToArray(), second.Values[g.Key].data<float>().ToArray()));
        }
    }

    private static (double Loss, Dictionary<string, Tensor> Values) Gradients(ClipModule module, TrainingBatch batch, IGradientStep step)
    {
        foreach ((string _, var parameter) in module.Parameters())
        {
            parameter.grad = null;
        }
        double loss = step.Backward(module, batch);
        return (loss, module.Parameters().ToDictionary(p => p.Name, p => p.Value.grad!.contiguous().clone()));
    }

    private static void AssertEqual((double Loss, Dictionary<string, Tensor> Values) expected, (double Loss, Dictionary<string, Tensor> Values) actual)
    {
        Assert.Equal(expected.Loss, actual.Loss, TrainingTolerances.Parts);
        double scale = expected.Values.Values.Max(g => g.abs().max().item<float>());
        foreach ((string name, var gradient) in expected.Values)
        {
            double difference = (gradient - actual.Values[name]).abs().max().item<float>();
            Assert.True(difference <= TrainingTolerances.Parts * scale, $"{name}: {difference} of {scale}");
        }
    }

    private static TrainingBatch Batch(ClipArchitecture a, ClipTrainingLoss loss)
    {
        const int images = 12, texts = 7;
        using var generator = new Generator(5, CPU);
        long[] textOfImage = [.. Enumerable.Range(0, images).Select(i => (long)i % texts)];
        long[,] ids = new long[texts, 6];
        for (int i = 0; i < texts; i++)
        {
            for (int j = 0; j < 6; j++)
            {
                ids[i, j] = j >= 2 + (i % 4) ? a.EndOfTextId : (i * 31) + (j * 7);
            }
        }

        float[,] positives = new float[images, texts];
        for (int i = 0; i < images; i++)
        {
            positives[i, textOfImage[i]] = 1;
        }
        return new TrainingBatch(randn([images, 3, a.ImageSize, a.ImageSize], generator: generator), from_array(ids), tensor(textOfImage),
            loss == ClipTrainingLoss.Paper ? null : from_array(positives));
    }
}
