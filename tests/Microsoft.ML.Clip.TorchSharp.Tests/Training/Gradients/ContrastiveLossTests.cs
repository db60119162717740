using System.Text.Json;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Clip.Tests;

/// <summary>The loss against Figure 3 in PyTorch (float64), and the properties of its multi-positive form.</summary>
public sealed class ContrastiveLossTests
{
    [Fact]
    public void Symmetric_OnThePapersPseudocode_GivesLossAndEveryGradient()
    {
        using var scope = NewDisposeScope();
        using var fixture = JsonDocument.Parse(File.ReadAllText(SharedFolder.Require("fixtures/contrastive/loss.json")));
        foreach (var c in fixture.RootElement.GetProperty("cases").EnumerateArray())
        {
            Tensor imageFeatures = Matrix(c, "I_f").requires_grad_(), textFeatures = Matrix(c, "T_f").requires_grad_();
            Tensor imageProjection = Matrix(c, "W_i").requires_grad_(), textProjection = Matrix(c, "W_t").requires_grad_();
            var t = tensor(c.GetProperty("t").GetDouble(), ScalarType.Float64).requires_grad_();

            var loss = ContrastiveLoss.Symmetric(imageFeatures.matmul(imageProjection), textFeatures.matmul(textProjection), t);
            loss.backward();

            AssertClose(c.GetProperty("loss").GetDouble(), loss.item<double>());
            AssertClose(Matrix(c, "grad_I_f"), imageFeatures.grad!);
            AssertClose(Matrix(c, "grad_T_f"), textFeatures.grad!);
            AssertClose(Matrix(c, "grad_W_i"), imageProjection.grad!);
            AssertClose(Matrix(c, "grad_W_t"), textProjection.grad!);
            AssertClose(c.GetProperty("grad_t").GetDouble(), t.grad!.item<double>());
        }
    }

    [Fact]
    public void MultiPositive_WithOneTextForEachImage_IsThePapers()
    {
        using var scope = NewDisposeScope();
        (var images, var texts, var t) = Features(9, 9);
        AssertClose(ContrastiveLoss.Symmetric(images, texts, t).item<double>(),
            ContrastiveLoss.MultiPositive(images, texts, t, eye(9, dtype: ScalarType.Float64)).item<double>());
    }

    [Fact]
    public void MultiPositive_InAnyOrder_IsTheSame()
    {
        using var scope = NewDisposeScope();
        (var images, var texts, var t) = Features(6, 4);
        var positives = Positives([0, 1, 2, 0, 3, 1], 4);
        Tensor rows = tensor(new long[] { 5, 2, 0, 1, 4, 3 }), columns = tensor(new long[] { 2, 0, 3, 1 });

        double expected = ContrastiveLoss.MultiPositive(images, texts, t, positives).item<double>();
        double permuted = ContrastiveLoss.MultiPositive(images.index_select(0, rows), texts.index_select(0, columns), t,
            positives.index_select(0, rows).index_select(1, columns)).item<double>();

        AssertClose(expected, permuted);
    }

    [Fact]
    public void MultiPositive_WherePositivesCoincide_ReachesTheEntropyOfTheTargets()
    {
        // Two images of each of three classes, embeddings as far apart as can be, and a high temperature: what remains of the loss is log 2 / 2, the
        // entropy of "either of my two images" on the side of the texts.
        using var scope = NewDisposeScope();
        Tensor texts = eye(3, dtype: ScalarType.Float64), images = cat([texts, texts], dim: 0);
        double loss = ContrastiveLoss.MultiPositive(images, texts, tensor(Math.Log(100), ScalarType.Float64), Positives([0, 1, 2, 0, 1, 2], 3)).item<double>();

        AssertClose(Math.Log(2) / 2, loss);
    }

    [Fact]
    public void MultiPositive_WithATextWithoutImages_OnlyRepelsIt()
    {
        using var scope = NewDisposeScope();
        (var images, var texts, var t) = Features(4, 5);
        texts = texts.detach().requires_grad_();
        var positives = Positives([0, 1, 2, 3], 5);
        ContrastiveLoss.MultiPositive(images, texts, t, positives).backward();

        // Going against the gradient moves the fifth text away from the images, weighted by how near it is to them.
        var moved = texts.detach() - (0.01 * texts.grad!);
        var before = nn.functional.normalize(images, dim: 1).matmul(nn.functional.normalize(texts, dim: 1)[4]);
        var after = nn.functional.normalize(images, dim: 1).matmul(nn.functional.normalize(moved, dim: 1)[4]);
        var weight = (before * t.exp()).softmax(0);
        Assert.True((weight * (after - before)).sum().item<double>() < 0);
    }

    /// <summary>
    /// Both cross-entropies, written out: of an image its shares, of a text the images that show it, as much as they do together but not more than one.
    /// </summary>
    [Fact]
    public void MultiPositive_WithShares_IsTheCrossEntropyToThem()
    {
        using var scope = NewDisposeScope();
        (var images, var texts, var t) = Features(4, 3);
        double[,] shares = { { 0.7, 0.3, 0 }, { 0.1, 0.8, 0.1 }, { 1, 0, 0 }, { 0.5, 0.4, 0.1 } };
        double[,] logits = new double[4, 3];
        for (int i = 0; i < 4; i++)
        {
            for (int j = 0; j < 3; j++)
            {
                double[] image = [.. images[i].data<double>()], text = [.. texts[j].data<double>()];
                logits[i, j] = Math.Exp(1.3) * image.Zip(text, (a, b) => a * b).Sum() / Math.Sqrt(image.Sum(a => a * a) * text.Sum(b => b * b));
            }
        }
        double imageLoss = 0, textLoss = 0, weights = 0;
        int[] rows = [0, 1, 2, 3], columns = [0, 1, 2];
        foreach (int i in rows)
        {
            imageLoss -= columns.Sum(j => shares[i, j] * (logits[i, j] - Math.Log(columns.Sum(k => Math.Exp(logits[i, k]))))) / 4;
        }
        foreach (int j in columns)
        {
            double all = rows.Sum(i => shares[i, j]), weight = Math.Min(1, all);
            textLoss -= weight * rows.Sum(i => shares[i, j] / all * (logits[i, j] - Math.Log(rows.Sum(k => Math.Exp(logits[k, j])))));
            weights += weight;
        }

        AssertClose((imageLoss + textLoss / weights) / 2, ContrastiveLoss.MultiPositive(images, texts, t, from_array(shares)).item<double>());
    }

    private static (Tensor Images, Tensor Texts, Tensor T) Features(int images, int texts)
    {
        using var generator = new Generator(7, CPU);
        return (randn([images, 5], ScalarType.Float64, generator: generator), randn([texts, 5], ScalarType.Float64, generator: generator),
            tensor(1.3, ScalarType.Float64));
    }

    private static Tensor Positives(int[] textOfImage, int texts)
    {
        double[,] positives = new double[textOfImage.Length, texts];
        for (int i = 0; i < textOfImage.Length; i++)
        {
            positives[i, textOfImage[i]] = 1;
        }
        return from_array(positives);
    }

    private static Tensor Matrix(JsonElement element, string name)
    {
        double[][] rows = [.. element.GetProperty(name).EnumerateArray().Select(r => r.EnumerateArray().Select(v => v.GetDouble()).ToArray())];
        return tensor(rows.SelectMany(r => r).ToArray(), [rows.Length, rows[0].Length]);
    }

    private static void AssertClose(double expected, double actual) =>
        Assert.InRange(Math.Abs(actual - expected), 0, TrainingTolerances.Loss * Math.Max(Math.Abs(expected), double.Epsilon));

    /// <summary>Relative to the largest entry: a single entry may be an accidental zero.</summary>
    private static void AssertClose(Tensor expected, Tensor actual) =>
        Assert.InRange((actual - expected).abs().max().item<double>(), 0, TrainingTolerances.Loss * expected.abs().max().item<double>());
}
