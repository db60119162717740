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
        using JsonDocument document = JsonDocument.Parse(File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "Golden", "towers", "towers.json")));
        JsonElement golden = document.RootElement.GetProperty(name);
        ClipArchitecture a = SmallArchitectures.All[name];
        using var module = new ClipModule(a, seed: 1);
        using (no_grad())
        {
            foreach ((string weight, Tensor value) in module.Weights())
                value.copy_(Fill(weight, value.shape));
        }

        Tensor pixels = Pixels(a.ImageSize), ids = Ids(a);
        module.eval();
        AssertClose(Numbers(golden, "image_features"), module.Image.forward(pixels), TrainingTolerances.Tower);
        AssertClose(Numbers(golden, "text_features"), module.Text.forward(ids), TrainingTolerances.Tower);
        AssertClose(Numbers(golden, "image_embeds"), module.Image.Project(module.Image.forward(pixels)), TrainingTolerances.Tower);

        module.train();
        using var optimizer = new AdamW(module.Parameters(), 0.9, 0.98, 1e-6, 0.1);
        Tensor loss = ContrastiveLoss.Symmetric(module.Image.Project(module.Image.forward(pixels)), module.Text.Project(module.Text.forward(ids)), module.LogitScale);
        loss.backward();
        double expected = golden.GetProperty("loss").GetDouble();
        Assert.InRange(Math.Abs(loss.item<float>() - expected), 0, tolerance * expected);
        JsonElement gradients = golden.GetProperty("gradients");
        Assert.Equal(gradients.EnumerateObject().Select(p => p.Name).Order(StringComparer.Ordinal), module.Parameters().Select(p => p.Name).Order(StringComparer.Ordinal));
        // A gradient that is zero but for rounding (a key's bias: softmax does not see it) is measured against the others.
        double smallest = gradients.EnumerateObject().Max(p => p.Value[3].GetDouble()) * 1e-3;
        foreach ((string parameter, var value) in module.Parameters())
            AssertSummary([.. gradients.GetProperty(parameter).EnumerateArray().Select(v => v.GetDouble())], value.grad!, tolerance, smallest, parameter);

        optimizer.Step(0.01, 1);
        module.eval();
        AssertClose(Numbers(golden, "stepped_image_embeds"), module.Image.Project(module.Image.forward(pixels)), TrainingTolerances.AfterStep);
        AssertClose(Numbers(golden, "stepped_text_features"), module.Text.forward(ids), TrainingTolerances.AfterStep);
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
        tensor(Enumerable.Range(0, Images * 3 * size * size).Select(i => Math.Sin((0.05 * i) + (i % 7))).ToArray(), [Images, 3, size, size]).to(ScalarType.Float32);

    private static Tensor Ids(ClipArchitecture a)
    {
        long[,] ids = new long[Images, a.ContextLength];
        for (int i = 0; i < Images; i++)
        {
            for (int j = 0; j < a.ContextLength; j++)
                ids[i, j] = j == 0 ? a.VocabularySize - 2 : j <= 2 + (2 * i) ? ((37 * i) + (11 * (j - 1))) % 590 : a.EndOfTextId;
        }

        return from_array(ids);
    }

    private static double[] Numbers(JsonElement golden, string name) => [.. golden.GetProperty(name).EnumerateArray().Select(v => v.GetDouble())];

    private static void AssertClose(double[] expected, Tensor actual, double tolerance)
    {
        double scale = expected.Max(Math.Abs);
        float[] values = [.. actual.contiguous().data<float>()];
        Assert.Equal(expected.Length, values.Length);
        for (int i = 0; i < values.Length; i++)
            Assert.InRange(Math.Abs(values[i] - expected[i]), 0, tolerance * scale);
    }

    private static void AssertSummary(double[] expected, Tensor actual, double tolerance, double smallest, string name)
    {
        Tensor v = actual.detach().to(ScalarType.Float64).flatten();
        double[] found = [v.sum().item<double>(), v.abs().sum().item<double>(), (v * arange(v.shape[0], dtype: ScalarType.Float64).cos()).sum().item<double>(), v.abs().max().item<double>()];
        double scale = Math.Max(expected[1], smallest * v.shape[0]);
        for (int i = 0; i < found.Length; i++)
            Assert.True(Math.Abs(found[i] - expected[i]) <= tolerance * scale, $"{name}[{i}]: expected {expected[i]:g9}, found {found[i]:g9}, sum of absolutes {expected[1]:g4}");
    }
}
