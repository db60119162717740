using Microsoft.ML.Data;

namespace Microsoft.ML.Clip.Tests;

public sealed class ZeroShotTests(StepFixture fixture) : IClassFixture<StepFixture>
{
    /// <summary>Class weights and probabilities against the paper's formula in float64; see docs/numerics.md.</summary>
    private const double FormulaTolerance = 1e-5;

    private static readonly string[] Labels = ["cat", "dog", "a bird"];

    private MLContext ML => fixture.ML;

    [Fact]
    public void Score_PromptEnsemble_IsThePapersFormula()
    {
        string[] templates = [.. ClipPrompts.Cifar18];
        var view = ML.Transforms.ClipImageEmbedding("Features", "Path", fixture.Model)
            .Append(ML.Transforms.ClipZeroShotClassification("Features", fixture.Model, Labels, templates)).Fit(fixture.Data).Transform(fixture.Data);

        double[][] weights = [.. Labels.Select(label => Ensemble(fixture.Model.EncodeTexts([.. templates.Select(t => t.Replace("{}", label))],
            normalize: false)))];
        float[][] images = view.GetColumnOf("Features"), scores = view.GetColumnOf("Score");
        uint[] predicted = [.. view.GetColumn<uint>("PredictedLabel")];
        for (int i = 0; i < images.Length; i++)
        {
            double[] logits = [.. weights.Select(w => fixture.Model.LogitScale * w.Zip(images[i], (a, b) => a * b).Sum())];
            double[] exps = [.. logits.Select(l => Math.Exp(l - logits.Max()))];
            for (int c = 0; c < Labels.Length; c++)
            {
                Assert.Equal(exps[c] / exps.Sum(), scores[i][c], FormulaTolerance);
            }
            Assert.Equal((uint)Array.IndexOf(logits, logits.Max()) + 1, predicted[i]);
        }
    }

    [Theory]
    [InlineData("Path")]
    [InlineData("Bytes")]
    [InlineData("Image")]
    public void Score_OfImages_EqualsScoreOfTheirEmbeddings(string input)
    {
        var direct = ML.Transforms.ClipZeroShotClassification(input, fixture.Model, Labels).Fit(fixture.Data).Transform(fixture.Data);
        var chained = ML.Transforms.ClipImageEmbedding("Features", input, fixture.Model, new() { Normalize = false })
            .Append(ML.Transforms.ClipZeroShotClassification("Features", fixture.Model, Labels)).Fit(fixture.Data).Transform(fixture.Data);

        var (a, b) = (direct.GetColumnOf("Score"), chained.GetColumnOf("Score"));

        for (int i = 0; i < a.Length; i++)
        {
            Assert.All(a[i].Zip(b[i]), pair => Assert.Equal(pair.First, pair.Second, FormulaTolerance));
        }
    }

    [Fact]
    public void Score_LargeLogitScale_StaysFinite()
    {
        var view = ML.Transforms.ClipZeroShotClassification("Embedding", fixture.Model, Labels, options: new() { LogitScale = 10_000 })
            .Fit(fixture.Data).Transform(fixture.Data);

        Assert.All(view.GetColumnOf("Score"), row =>
        {
            Assert.All(row, p => Assert.InRange(p, 0f, 1f));
            Assert.Equal(1f, row.Sum(), 1e-5f);
        });
    }

    [Fact]
    public void Evaluate_MetricsAreThoseOfTheScores()
    {
        var data = ML.Data.LoadFromEnumerable(fixture.Rows.Select((r, i) => new LabelledRow { Path = r.Path, Name = Labels[(i + 1) % Labels.Length] }));
        var view = ML.Transforms.ClipLabelKey("Label", "Name", Labels)
            .Append(ML.Transforms.ClipZeroShotClassification("Path", fixture.Model, Labels)).Fit(data).Transform(data);

        var metrics = ML.MulticlassClassification.Evaluate(view, topKPredictionCount: 2);

        float[][] scores = view.GetColumnOf("Score");
        int[] truth = [.. Enumerable.Range(0, scores.Length).Select(i => (i + 1) % Labels.Length)];
        int Rank(int i) => scores[i].Count(s => s > scores[i][truth[i]]);
        Assert.Equal(truth.Where((_, i) => Rank(i) == 0).Count() / (double)truth.Length, metrics.MicroAccuracy, 1e-9);
        Assert.Equal(truth.Where((_, i) => Rank(i) < 2).Count() / (double)truth.Length, metrics.TopKAccuracy, 1e-9);
        Assert.Equal(Labels.Length, metrics.ConfusionMatrix.NumberOfClasses);
    }

    [Fact]
    public void Columns_CarryTheLabels()
    {
        var schema = ML.Transforms.ClipZeroShotClassification("Path", fixture.Model, Labels).Fit(fixture.Data).GetOutputSchema(fixture.Data.Schema);

        VBuffer<ReadOnlyMemory<char>> keys = default, slots = default;
        schema["PredictedLabel"].GetKeyValues(ref keys);
        schema["Score"].GetSlotNames(ref slots);

        Assert.Equal(Labels, keys.DenseValues().Select(k => k.ToString()));
        Assert.Equal(Labels, slots.DenseValues().Select(k => k.ToString()));
        Assert.Equal((ulong)Labels.Length, Assert.IsType<KeyDataViewType>(schema["PredictedLabel"].Type).Count);
    }

    [Fact]
    public void PredictedLabel_MapKeyToValue_GivesTheLabel()
    {
        var view = ML.Transforms.ClipZeroShotClassification("Path", fixture.Model, Labels)
            .Append(ML.Transforms.Conversion.MapKeyToValue("PredictedLabel")).Fit(fixture.Data).Transform(fixture.Data);

        var best = view.GetColumnOf("Score").Select(s => Labels[Array.IndexOf(s, s.Max())]);

        Assert.Equal(best, view.GetColumn<string>("PredictedLabel"));
    }

    [Fact]
    public void Fit_LabelKeysInAnotherOrder_Warns()
    {
        var ml = new MLContext();
        var log = new List<string>();
        ml.Log += (_, e) => log.Add(e.Message);
        var data = ml.Data.LoadFromEnumerable(fixture.Rows.Select((r, i) => new LabelledRow { Path = r.Path, Name = Labels[^(i % 3 + 1)] }));

        ml.Transforms.Conversion.MapValueToKey("Label", "Name").Append(ml.Transforms.ClipZeroShotClassification("Path", fixture.Model, Labels)).Fit(data);
        Assert.Contains(log, m => m.Contains("in another order than the zero-shot labels", StringComparison.Ordinal));

        log.Clear();
        ml.Transforms.ClipLabelKey("Label", "Name", Labels).Append(ml.Transforms.ClipZeroShotClassification("Path", fixture.Model, Labels)).Fit(data);
        Assert.DoesNotContain(log, m => m.Contains("in another order", StringComparison.Ordinal));
    }

    [Fact]
    public void Create_BadLabelsOrTemplates_SaysWhatIsWrong()
    {
        void Throws(string message, string[] labels, string[]? templates = null)
        {
            var error = Assert.ThrowsAny<ArgumentException>(() => ML.Transforms.ClipZeroShotClassification("Path", fixture.Model, labels, templates));
            Assert.Contains(message, error.Message, StringComparison.Ordinal);
        }
        Throws("at least one label", []);
        Throws("The label 'cat' is there twice, at 0 and 2", ["cat", "dog", "cat"]);
        Throws("Label 1 (counted from 0) is empty", ["cat", " "]);
        Throws("at least one prompt template", Labels, []);
        Throws("The prompt template \"a photo.\" has no {}", Labels, ["a photo of a {}.", "a photo."]);
    }

    [Fact]
    public void Fit_EmbeddingOfAnotherDimension_SaysBoth()
    {
        var data = ML.Data.LoadFromEnumerable([new WideRow()]);

        var error = Assert.ThrowsAny<ArgumentException>(() => ML.Transforms.ClipZeroShotClassification("Embedding", fixture.Model, Labels).Fit(data));

        Assert.Contains($"a joint embedding of {fixture.Model.EmbeddingDimension} values, but is a vector of 7", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Transform_BadEmbeddings_NameTheRow()
    {
        var estimator = ML.Transforms.ClipZeroShotClassification("Embedding", fixture.Model, Labels);
        var transformer = estimator.Fit(fixture.Data);
        float[] Filled(float value) => [.. Enumerable.Repeat(value, fixture.Model.EmbeddingDimension)];

        void Throws(string message, float[] embedding)
        {
            var data = ML.Data.LoadFromEnumerable([new StepRow { Embedding = Filled(1) }, new StepRow { Embedding = embedding }]);
            var error = Assert.ThrowsAny<Exception>(() => transformer.Transform(data).GetColumnOf("Score"));
            Assert.Contains("Row 1 (counted from 0), column 'Embedding'", error.Message, StringComparison.Ordinal);
            Assert.Contains(message, error.Message, StringComparison.Ordinal);
        }
        Throws("not finite", [1, 2, float.NaN, 3, 4, 5]);
        Throws("not finite", Filled(float.PositiveInfinity));
        Throws("zero throughout", Filled(0));
    }

    [Fact]
    public void Transform_MissingImages_GiveMissingLabels()
    {
        using var directory = new TemporaryDirectory();
        string broken = directory.Combine("broken.jpg");
        File.WriteAllText(broken, "not an image");
        var data = ML.Data.LoadFromEnumerable([fixture.Rows[0], new StepRow { Path = broken }, new StepRow { Path = "" }, fixture.Rows[1]]);
        var missing = new ClipImageEmbeddingOptions { OnInvalidImage = ClipOnInvalidImage.Missing };

        var chained = ML.Transforms.ClipImageEmbedding("Features", "Path", fixture.Model, missing)
            .Append(ML.Transforms.ClipZeroShotClassification("Features", fixture.Model, Labels)).Fit(data).Transform(data);
        var direct = ML.Transforms.ClipZeroShotClassification("Path", fixture.Model, Labels, options: new() { OnInvalidImage = ClipOnInvalidImage.Missing })
            .Fit(data).Transform(data);

        foreach (var view in (IDataView[])[chained, direct])
        {
            Assert.Equal([false, true, true, false], view.GetColumn<uint>("PredictedLabel").Select(k => k == 0));
            Assert.Equal([false, true, true, false], view.GetColumnOf("Score").Select(s => s.All(float.IsNaN)));
        }
    }

    private static double[] Ensemble(float[][] prompts)
    {
        double[] mean = new double[prompts[0].Length];
        foreach (float[] prompt in prompts)
        {
            double norm = Math.Sqrt(prompt.Sum(v => (double)v * v));
            for (int i = 0; i < mean.Length; i++)
            {
                mean[i] += prompt[i] / norm / prompts.Length;
            }
        }
        double length = Math.Sqrt(mean.Sum(v => v * v));
        return [.. mean.Select(v => v / length)];
    }

    private sealed class LabelledRow
    {
        public string Path { get; set; } = "";

        public string Name { get; set; } = "";
    }

    private sealed class WideRow
    {
        [VectorType(7)]
        public float[] Embedding { get; set; } = new float[7];
    }
}
