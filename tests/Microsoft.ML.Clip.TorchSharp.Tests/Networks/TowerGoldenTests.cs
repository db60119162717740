using System.Text.Json;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Clip.Tests;

/// <summary>Every kind of tower against PyTorch's own layers, with equal weights: Golden/towers/generate.py.</summary>
public sealed class TowerGoldenTests
{
    private const int Images = 4;

    [Theory]
    [InlineData("vit", TrainingTolerances.Tower)]
    [InlineData("cbow", TrainingTolerances.Tower)]
    [InlineData("small-resnet", TrainingTolerances.TowerWithBatchNorm)]
    [InlineData("openai-resnet", TrainingTolerances.TowerWithBatchNorm)]
    public void ForwardAndOneStep_WithEqualWeights_GiveWhatPyTorchGives(string name, double tolerance)
    {
        using var scope = NewDisposeScope();
        using var document = JsonDocument.Parse(File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "Golden", "towers", "towers.json")));
        var golden = document.RootElement.GetProperty(name);
        var a = SmallArchitectures.All[name];
        using var module = new ClipModule(a, seed: 1);
        using (no_grad())
        {
            foreach ((string weight, var value) in module.Weights())
            {
                value.copy_(Fill(weight, value.shape));
            }
        }

        Tensor pixels = Pixels(a.ImageSize), ids = Ids(a);
        module.eval();
        AssertClose("image_features", Numbers(golden, "image_features"), module.Image.forward(pixels), TrainingTolerances.Tower);
        AssertClose("text_features", Numbers(golden, "text_features"), module.Text.forward(ids), TrainingTolerances.Tower);
        AssertClose("image_embeds", Numbers(golden, "image_embeds"), module.Image.Project(module.Image.forward(pixels)), TrainingTolerances.Tower);

        module.train();
        using var optimizer = new AdamW(module.Parameters(), 0.9, 0.98, 1e-6, 0.1);
        var loss = ContrastiveLoss.Symmetric(module.Image.Project(module.Image.forward(pixels)), module.Text.Project(module.Text.forward(ids)),
            module.LogitScale);
        loss.backward();
        double expected = golden.GetProperty("loss").GetDouble();
        Assert.InRange(Math.Abs(loss.item<float>() - expected), 0, tolerance * expected);
        var gradients = golden.GetProperty("gradients");
        Assert.Equal(gradients.EnumerateObject().Select(p => p.Name).Order(StringComparer.Ordinal), module.Parameters().Select(p => p.Name)
            .Order(StringComparer.Ordinal));
        // A gradient that is zero but for rounding (a key's bias: softmax does not see it) is measured against the others.
        double smallest = gradients.EnumerateObject().Max(p => p.Value[3].GetDouble()) * 1e-3;
        double worst = 0;
        foreach ((string parameter, var value) in module.Parameters())
        {
            worst = Math.Max(worst, Difference([.. gradients.GetProperty(parameter).EnumerateArray().Select(v => v.GetDouble())], value.grad!, smallest));
        }
        TestContext.Current.TestOutputHelper?.WriteLine($"loss: {Math.Abs(loss.item<float>() - expected) / expected:e1}, gradients: {worst:e1}");
        Assert.InRange(worst, 0, tolerance);

        optimizer.Step(0.01, 1, new TorchThreads(1));
        module.eval();
        AssertClose("stepped_image_embeds", Numbers(golden, "stepped_image_embeds"), module.Image.Project(module.Image.forward(pixels)), TrainingTolerances.AfterStep);
        AssertClose("stepped_text_features", Numbers(golden, "stepped_text_features"), module.Text.forward(ids), TrainingTolerances.AfterStep);
    }

    /// <summary>The value of a weight, from its name and the index of the entry, as in generate.py.</summary>
    private static Tensor Fill(string name, long[] shape)
    {
        double phase = name.Sum(c => c) % 97;
        double[] values = [.. Enumerable.Range(0, (int)shape.Aggregate(1L, (x, y) => x * y)).Select(i => Math.Sin((0.7 * i) + phase))];
        for (int i = 0; i < values.Length; i++)
        {
            values[i] = name == "logit_scale" ? 2
                : name.EndsWith("running_var", StringComparison.Ordinal) ? 1 + (0.5 * values[i])
                : name.EndsWith("weight", StringComparison.Ordinal) && shape.Length == 1 ? 1 + (0.1 * values[i])
                : 0.2 * values[i];
        }

        return tensor(values, shape).to(ScalarType.Float32);
    }

    private static Tensor Pixels(int size) =>
        tensor(Enumerable.Range(0, Images * 3 * size * size).Select(i => Math.Sin((0.05 * i) + (i % 7))).ToArray(), [Images, 3, size, size])
            .to(ScalarType.Float32);

    private static Tensor Ids(ClipArchitecture a)
    {
        long[,] ids = new long[Images, a.ContextLength];
        for (int i = 0; i < Images; i++)
        {
            for (int j = 0; j < a.ContextLength; j++)
            {
                ids[i, j] = j == 0 ? a.VocabularySize - 2 : j <= 2 + (2 * i) ? ((37 * i) + (11 * (j - 1))) % 590 : a.EndOfTextId;
            }
        }

        return from_array(ids);
    }

    private static double[] Numbers(JsonElement golden, string name) => [.. golden.GetProperty(name).EnumerateArray().Select(v => v.GetDouble())];

    private static void AssertClose(string what, double[] expected, Tensor actual, double tolerance)
    {
        double scale = expected.Max(Math.Abs);
        float[] values = [.. actual.contiguous().data<float>()];
        Assert.Equal(expected.Length, values.Length);
        double difference = values.Select((v, i) => Math.Abs(v - expected[i])).Max() / scale;
        TestContext.Current.TestOutputHelper?.WriteLine($"{what}: {difference:e1}");
        Assert.InRange(difference, 0, tolerance);
    }

    /// <summary>The largest difference of the four sums that the golden file has for a gradient, relative to the sum of absolutes.</summary>
    private static double Difference(double[] expected, Tensor actual, double smallest)
    {
        var v = actual.detach().to(ScalarType.Float64).flatten();
        double[] found = [v.sum().item<double>(), v.abs().sum().item<double>(), (v * arange(v.shape[0], dtype: ScalarType.Float64).cos()).sum().item<double>(),
            v.abs().max().item<double>()];
        double scale = Math.Max(expected[1], smallest * v.shape[0]);
        return found.Zip(expected, (f, e) => Math.Abs(f - e)).Max() / scale;
    }
}
