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

    [Theory]
    [InlineData("Label")]
    [InlineData("LabelKey")]
    [InlineData("Name")]
    public void Fit_LabelKeysInAnotherOrder_WarnsWhateverTheColumnsName(string column)
    {
        var ml = new MLContext();
        var log = new List<string>();
        ml.Log += (_, e) => log.Add(e.Message);
        var data = ml.Data.LoadFromEnumerable(fixture.Rows.Select((r, i) => new LabelledRow { Path = r.Path, Name = Labels[^(i % 3 + 1)] }));

        ml.Transforms.Conversion.MapValueToKey(column, "Name").Append(ml.Transforms.ClipZeroShotClassification("Path", fixture.Model, Labels)).Fit(data);
        Assert.Single(log, m => m.Contains($"The keys of column '{column}' are in another order than the zero-shot labels", StringComparison.Ordinal));

        log.Clear();
        ml.Transforms.ClipLabelKey(column, "Name", Labels).Append(ml.Transforms.ClipZeroShotClassification("Path", fixture.Model, Labels)).Fit(data);
        Assert.DoesNotContain(log, m => m.Contains("in another order", StringComparison.Ordinal));
    }

    [Fact]
    public void Transform_LoadedModelOnLabelKeysInAnotherOrder_WarnsOnce()
    {
        string file = fixture.TemporaryFile("labels.zip");
        ML.Model.Save(ML.Transforms.ClipZeroShotClassification("Path", fixture.Model, Labels).Fit(fixture.Data), fixture.Data.Schema, file);
        var ml = new MLContext();
        var log = new List<string>();
        ml.Log += (_, e) => log.Add(e.Message);
        var data = ml.Data.LoadFromEnumerable(fixture.Rows.Select((r, i) => new LabelledRow { Path = r.Path, Name = Labels[^(i % 3 + 1)] }));
        var keys = ml.Transforms.Conversion.MapValueToKey("Truth", "Name").Fit(data).Transform(data);
        var loaded = ml.Model.Load(file, out _);

        var scored = loaded.Transform(keys);
        loaded.Transform(scored);

        Assert.Single(log, m => m.Contains("The keys of column 'Truth' are in another order", StringComparison.Ordinal));
        Assert.DoesNotContain(log, m => m.Contains("'PredictedLabel' are", StringComparison.Ordinal));
        ((IDisposable)loaded).Dispose();
    }

    [Fact]
    public void Fit_BesideAnotherClassifiersPredictions_DoesNotWarnOfThem()
    {
        var ml = new MLContext();
        var log = new List<string>();
        ml.Log += (_, e) => log.Add(e.Message);
        string[] reversed = [.. Labels.Reverse()];

        ml.Transforms.ClipZeroShotClassification("Path", fixture.Model, reversed, options: new() { ScoreColumnName = "First", PredictedLabelColumnName = "FirstLabel" })
            .Append(ml.Transforms.ClipZeroShotClassification("Path", fixture.Model, Labels)).Fit(fixture.Data);

        Assert.DoesNotContain(log, m => m.Contains("in another order", StringComparison.Ordinal));
    }

    [Fact]
    public void RepeatedLabels_WhereAllowed_GoByTheirNumber()
    {
        // As OpenAI's list of ImageNet's classes has "missile" and "sunglasses" twice.
        string[] labels = ["cat", "missile", "dog", "missile"];
        var options = new ClipZeroShotOptions { AllowRepeatedLabels = true };
        using var model = ML.Transforms.ClipZeroShotClassification("Path", fixture.Model, labels, options: options).Fit(fixture.Data);
        string file = fixture.TemporaryFile("repeated.zip");
        ML.Model.Save(model, fixture.Data.Schema, file);
        using var loaded = (IDisposable)ML.Model.Load(file, out _);

        foreach (var step in (ITransformer[])[model, (ITransformer)loaded])
        {
            var view = ML.Transforms.Conversion.MapKeyToValue("Name", "PredictedLabel").Fit(step.Transform(fixture.Data)).Transform(step.Transform(fixture.Data));
            VBuffer<ReadOnlyMemory<char>> slots = default;
            view.Schema["Score"].GetSlotNames(ref slots);
            Assert.Equal(labels, slots.DenseValues().Select(s => s.ToString()));
            Assert.All(view.GetColumnOf("Score"), scores => Assert.Equal(scores[1], scores[3]));
            Assert.All(view.GetColumn<uint>("PredictedLabel"), key => Assert.InRange(key, 1u, 3u));
            Assert.All(view.GetColumn<string>("Name").Zip(view.GetColumn<uint>("PredictedLabel")), pair => Assert.Equal(labels[pair.Second - 1], pair.First));
        }
    }

    [Fact]
    public void LabelKey_RepeatedLabels_AreRefusedAsANameCannotTellThem()
    {
        string[] labels = ["cat", "missile", "dog", "missile", "bird"];

        var error = Assert.ThrowsAny<ArgumentException>(() => ML.Transforms.ClipLabelKey("Label", "Name", labels));

        Assert.Contains("'missile' is there twice, at 1 and 3", error.Message, StringComparison.Ordinal);
        Assert.Contains("MapValueToKey", error.Message, StringComparison.Ordinal);
        // What it would come to: the second is left out, and the bird becomes the fourth class.
        var keys = ML.Data.LoadFromEnumerable(labels.Select(l => new LabelledRow { Name = l }));
        var names = ML.Transforms.SelectColumns("Name").Fit(keys).Transform(keys);
        var mapped = ML.Transforms.Conversion.MapValueToKey("Label", "Name", keyData: names).Fit(keys).Transform(keys);
        Assert.Equal([1, 2, 3, 2, 4], mapped.GetColumn<uint>("Label"));
    }

    [Fact]
    public void Fit_Progress_CountsPrompts()
    {
        var reports = new List<ClipProgress>();
        string[] labels = [.. Enumerable.Range(0, 40).Select(i => $"class {i}")];
        var options = new ClipZeroShotOptions { Progress = new Reports(reports) };

        ML.Transforms.ClipZeroShotClassification("Path", fixture.Model, labels, ["a {}", "the {}", "{}"], options).Fit(fixture.Data);

        var last = reports[^1];
        Assert.Equal((120, 120, "prompts", true), (last.Done, last.Total, last.Unit, last.IsLast));
        Assert.All(reports.SkipLast(1), r => Assert.False(r.IsLast));
    }

    [Fact]
    public void Fit_ContextCancelled_EndsBetweenBatches()
    {
        var ml = new MLContext();
        var reports = new List<ClipProgress>();
        string[] labels = [.. Enumerable.Range(0, 400).Select(i => $"class {i}")];
        var estimator = ml.Transforms.ClipZeroShotClassification("Path", fixture.Model, labels, options: new() { Progress = new Reports(reports) });
        ml.CancelExecution();

        Assert.Throws<OperationCanceledException>(() => estimator.Fit(ml.Data.LoadFromEnumerable(fixture.Rows)));

        Assert.True(reports is [{ IsLast: true, Done: < 400 }]);
    }

    [Fact]
    public void Fit_TokenCancelled_EndsBetweenBatches()
    {
        var reports = new List<ClipProgress>();
        string[] labels = [.. Enumerable.Range(0, 400).Select(i => $"class {i}")];
        using var stop = new CancellationTokenSource();
        var options = new ClipZeroShotOptions { Progress = new Reports(reports), CancellationToken = stop.Token };
        var estimator = ML.Transforms.ClipZeroShotClassification("Path", fixture.Model, labels, options: options);
        var whole = estimator.Fit(fixture.Data);
        reports.Clear();
        stop.Cancel();

        var error = Assert.Throws<OperationCanceledException>(() => estimator.Fit(fixture.Data));

        Assert.Equal(stop.Token, error.CancellationToken);
        Assert.True(reports is [{ IsLast: true, Done: 0 }]);
        // What is fitted is not ended by it.
        Assert.NotEmpty(whole.Transform(fixture.Data).GetColumn<float[]>("Score"));
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
        Throws("templates[1] is null", Labels, ["a {}", null!]);
        Throws("The prompt template \"a photo.\" has no {}", Labels, ["a photo of a {}.", "a photo."]);
    }

    // The product of labels and rows overflowed at the first row.
    [Fact]
    public void Fit_MoreScoresThanABatchCanHold_IsRefused()
    {
        string[] labels = [.. Enumerable.Range(0, 600).Select(i => $"class {i}")];

        var error = Assert.ThrowsAny<ArgumentException>(() =>
            ML.Transforms.ClipZeroShotClassification("Embedding", fixture.Model, labels, options: new() { BatchSize = 4_000_000 }).Fit(fixture.Data));

        Assert.Contains("4,000,000 rows of 1,200 values are more than one batch can hold; the most is 1,789,569.", error.Message, StringComparison.Ordinal);
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

    private sealed class Reports(List<ClipProgress> list) : IProgress<ClipProgress>
    {
        public void Report(ClipProgress value) => list.Add(value);
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
