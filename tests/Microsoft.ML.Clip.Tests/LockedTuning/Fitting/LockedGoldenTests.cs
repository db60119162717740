using System.Text.Json;

namespace Microsoft.ML.Clip.Tests;

/// <summary>Heads against scikit-learn, numpy in float64 and PyTorch: eng/golden/locked.py.</summary>
public sealed class LockedGoldenTests
{
    private static readonly JsonElement Golden = JsonDocument.Parse(
        File.ReadAllText(Path.Combine(BuildFacts.RepositoryRoot, "tests", "Microsoft.ML.Clip.Tests", "Golden", "locked.json"))).RootElement;

    [Theory]
    [InlineData(ClipLockedMethod.Ridge, "ridge")]
    [InlineData(ClipLockedMethod.Bilinear, "bilinear")]
    [InlineData(ClipLockedMethod.Kernel, "kernel")]
    public void Fit_ClosedForm_IsTheReferences(ClipLockedMethod method, string name)
    {
        var problem = Golden.GetProperty("closedForms");
        var data = Data(problem);
        var head = new ClipLockedTrainer(Options(problem) with { Method = method }).Fit(data);

        var expected = problem.GetProperty(name);
        Close(Rows(expected, "images"), head.EmbedImages(data.ImageFeatures));
        Close(Rows(expected, "texts"), head.EmbedTexts(data.TextFeatures));
        if (method == ClipLockedMethod.Ridge)
        {
            // The map itself, up to its length.
            float[] coefficients = [.. Rows(expected, "weights").SelectMany(r => r)];
            Tolerances.Close(TinyTowers.Unit(coefficients), TinyTowers.Unit(head.Image.Weights!.ToArray()), Tolerances.ClosedForm);
        }
    }

    // The space may be turned as it likes, so that cosines are compared. All directions are kept, so that none is lost.
    [Theory]
    [InlineData(false, false, "units")]
    [InlineData(true, false, "equalUnits")]
    [InlineData(true, true, "whitenedUnits")]
    public void Fit_HiddenUnits_IsTheReferences(bool equalTexts, bool whitens, string name)
    {
        var problem = Golden.GetProperty("closedForms");
        var data = Data(problem);
        int units = problem.GetProperty("hiddenUnits").GetInt32();
        var head = new ClipLockedTrainer(Options(problem) with
        {
            EqualTexts = equalTexts,
            ImageHiddenUnits = units,
            ImageWhitening = whitens ? problem.GetProperty("whitening").GetSingle() : null,
            EmbeddingDimension = data.ImageFeatures[0].Length + units,
        }).Fit(data);

        float[][] texts = head.EmbedTexts(data.TextFeatures);
        Close(Rows(problem, name), [.. head.EmbedImages(data.ImageFeatures).Select(i => texts.Select(t => (float)ClipSimilarity.Cosine(i, t)).ToArray())]);
    }

    [Fact]
    public void Compute_ContrastiveLoss_HasPyTorchsGradient()
    {
        var problem = Golden.GetProperty("contrastive");
        var random = new Random(1);
        float[][] images = Rows(problem, "images"), texts = Rows(problem, "texts");
        int width = images[0].Length;
        var image = Side(new HeadSide
        {
            Mean = new float[width],
            Weights = Matrix(problem, "imageMatrix"),
            HiddenWeights = Matrix(problem, "hiddenWeights"),
            HiddenBias = Vector(problem, "hiddenBias"),
            HiddenOutput = Matrix(problem, "hiddenOutput"),
        });
        var text = Side(new HeadSide { Mean = new float[width], Weights = Matrix(problem, "textMatrix") });
        image.Forward(FloatMatrix.Of(images, width), 1);
        text.Forward(FloatMatrix.Of(texts, width), 1);

        var step = ContrastiveStep.Compute(image.Embeddings, text.Embeddings, problem.GetProperty("scale").GetSingle(), Matrix(problem, "targets"), Vector(problem, "imageWeights"), 1);

        Assert.Equal(problem.GetProperty("loss").GetDouble(), step.Loss, 1e-5);
        var expected = problem.GetProperty("gradients");
        var byImage = image.Gradients(step.ImageGradient, 1);
        var byText = text.Gradients(step.TextGradient, 1);
        Assert.Equal(["imageMatrix", "hiddenOutput", "hiddenWeights", "hiddenBias"], Match(byImage, ["imageMatrix", "hiddenOutput", "hiddenWeights", "hiddenBias"]));
        Assert.Equal(["textMatrix"], Match(byText, ["textMatrix"]));
        Assert.Equal(expected.GetProperty("logScale").GetDouble(), step.LogScaleGradient, 1e-5);

        ContrastiveSide Side(HeadSide side) => new(side, ClipLockedHeadKind.Linear, 1, random, rescales: false);

        string[] Match(IReadOnlyList<(Memory<float> Values, Memory<float> Gradient, bool Decays)> found, string[] names)
        {
            for (int i = 0; i < names.Length; i++)
            {
                var value = expected.GetProperty(names[i]);
                float[][] rows = value[0].ValueKind == JsonValueKind.Array ? Rows(expected, names[i]) : [Vector(expected, names[i])];
                float largest = rows.Max(r => r.Max(MathF.Abs));
                int stride = found[i].Gradient.Length / rows.Length;
                for (int r = 0; r < rows.Length; r++)
                {
                    Tolerances.Close(rows[r], found[i].Gradient.Span.Slice(r * stride, rows[r].Length), Tolerances.HeadGradient * largest, $"{names[i]}[{r}]");
                }
            }
            Assert.Equal(names.Length, found.Count);
            return names;
        }
    }

    private static ClipLockedData Data(JsonElement problem) => new()
    {
        ImageFeatures = Rows(problem, "images"),
        TextFeatures = Rows(problem, "texts"),
        Targets = [.. problem.GetProperty("targets").EnumerateArray().Select(t => new ClipLockedTarget(t[0].GetInt32(), t[1].GetInt32(), t[2].GetSingle()))],
        ImageWeights = Vector(problem, "imageWeights"),
    };

    private static ClipLockedTrainer.Options Options(JsonElement problem) => new()
    {
        ImageRegularization = problem.GetProperty("imageRegularization").GetSingle(),
        TextRegularization = problem.GetProperty("textRegularization").GetSingle(),
        Sharpness = problem.GetProperty("sharpness").GetSingle(),
        HeldBackShare = 0,
    };

    private static void Close(float[][] expected, float[][] found)
    {
        for (int i = 0; i < expected.Length; i++)
        {
            Tolerances.Close(expected[i], found[i], Tolerances.ClosedForm, $"row {i}");
        }
    }

    private static float[][] Rows(JsonElement of, string name) =>
        [.. of.GetProperty(name).EnumerateArray().Select(r => r.EnumerateArray().Select(v => v.GetSingle()).ToArray())];

    private static float[] Vector(JsonElement of, string name) => [.. of.GetProperty(name).EnumerateArray().Select(v => v.GetSingle())];

    private static FloatMatrix Matrix(JsonElement of, string name)
    {
        float[][] rows = Rows(of, name);
        return FloatMatrix.Of(rows, rows[0].Length);
    }
}
