using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Clip.Tests;

/// <summary>A batch in parts has the gradient of the whole batch.</summary>
public sealed class GradientTests
{
    [Theory]
    [InlineData("vit", ClipTrainingLoss.Paper, 3)]
    [InlineData("vit", ClipTrainingLoss.MultiPositive, 3)]
    [InlineData("vit", ClipTrainingLoss.MultiPositive, 12)]
    [InlineData("cbow", ClipTrainingLoss.Paper, 5)]
    public void CachedGradients_OfParts_AreThoseOfTheWholeBatch(string architecture, ClipTrainingLoss loss, int part)
    {
        using var scope = NewDisposeScope();
        using var module = new ClipModule(SmallArchitectures.All[architecture], seed: 2);
        var batch = Batch(module.Architecture, loss);
        var whole = Gradients(module, () => Whole(module, batch));
        var parts = Gradients(module, () => CachedGradients.Backward(module, batch, part));
        AssertEqual(whole, parts);
    }

    [Theory]
    [InlineData("vit", 2)]
    [InlineData("vit", 3)]
    public void ThreadedGradients_AreThoseOfTheWholeBatch(string architecture, int threads)
    {
        using var scope = NewDisposeScope();
        using var module = new ClipModule(SmallArchitectures.All[architecture], seed: 2);
        var batch = Batch(module.Architecture, ClipTrainingLoss.MultiPositive);
        AssertEqual(Gradients(module, () => Whole(module, batch)), Gradients(module, () => ThreadedGradients.Backward(module, batch, threads)));
    }

    [Fact]
    public void CachedGradients_ThroughBatchNorm_MoveTheStatisticsOnce()
    {
        using var scope = NewDisposeScope();
        using ClipModule cached = new(SmallArchitectures.SmallResNet, seed: 2), plain = new(SmallArchitectures.SmallResNet, seed: 2);
        var batch = Batch(cached.Architecture, ClipTrainingLoss.Paper);
        CachedGradients.Backward(cached, batch, 6);
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
    public void ThreadedGradients_TwiceOnTheSame_AreEqualToTheBit()
    {
        using var scope = NewDisposeScope();
        using var module = new ClipModule(SmallArchitectures.SmallResNet, seed: 2);
        var batch = Batch(module.Architecture, ClipTrainingLoss.MultiPositive);
        var first = Gradients(module, () => ThreadedGradients.Backward(module, batch, 2));
        for (int i = 0; i < 10; i++)
        {
            var second = Gradients(module, () => ThreadedGradients.Backward(module, batch, 2));
            Assert.All(first.Values, g => Assert.Equal(g.Value.data<float>().ToArray(), second.Values[g.Key].data<float>().ToArray()));
        }
    }

    private static double Whole(ClipModule module, TrainingBatch batch)
    {
        var loss = batch.Loss(module.Image.Project(module.Image.forward(batch.Pixels)), module.Text.Project(module.Text.forward(batch.Texts)),
            module.LogitScale);
        loss.backward();
        return loss.item<float>();
    }

    private static (double Loss, Dictionary<string, Tensor> Values) Gradients(ClipModule module, Func<double> backward)
    {
        foreach ((string _, var parameter) in module.Parameters())
        {
            parameter.grad = null;
        }
        double loss = backward();
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
