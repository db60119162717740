using Microsoft.ML.Data;

namespace Microsoft.ML.Clip.Tests;

/// <summary>How near the nearest class is, and images that belong to none.</summary>
public sealed class ZeroShotCosineTests(StepFixture fixture) : IClassFixture<StepFixture>
{
    private static readonly string[] Labels = ["cat", "dog", "a bird"];

    private MLContext ML => fixture.ML;

    [Theory]
    [InlineData("Path")]
    [InlineData("Embedding")]
    public void CosineColumn_IsTheCosineToEachClass(string input)
    {
        var classifier = ClipZeroShotClassifier.Create(fixture.Model, Labels);
        var plain = Step(input, new()).Fit(fixture.Data).Transform(fixture.Data);
        var view = Step(input, new() { CosineColumnName = "Cosine" }).Fit(fixture.Data).Transform(fixture.Data);

        float[][] embeddings = input == "Path" ? fixture.Model.EncodeImages([.. fixture.Rows.Select(r => r.Path)]) : [.. fixture.Rows.Select(r => r.Embedding)];
        float[][] cosines = view.GetColumnOf("Cosine");
        for (int i = 0; i < cosines.Length; i++)
        {
            float[] expected = new float[Labels.Length];
            ClipSimilarity.Cosines(embeddings[i], classifier.ClassWeights.Span, expected);
            Tolerances.Close(expected, cosines[i], Tolerances.BatchSize);
            Tolerances.Close(cosines[i], [.. classifier.Classify(embeddings[i]).Cosines], Tolerances.BatchSize);
        }
        // The other columns are what they are without.
        Assert.Equal(plain.GetColumnOf("Score"), view.GetColumnOf("Score"));
        Assert.Equal(plain.GetColumn<uint>("PredictedLabel"), view.GetColumn<uint>("PredictedLabel"));
        VBuffer<ReadOnlyMemory<char>> slots = default;
        view.Schema["Cosine"].GetSlotNames(ref slots);
        Assert.Equal(Labels, slots.DenseValues().Select(s => s.ToString()));
        Assert.DoesNotContain("Cosine", plain.Schema.Select(c => c.Name));
    }

    [Fact]
    public void MinimumCosine_BelowIt_TheLabelIsMissing()
    {
        // Of unit length: cosines 0.6 and 0.8.
        float[] weights = [1, 0, 0, 1];
        var all = new ClipZeroShotClassifier(["x", "y"], weights, 100);
        var some = new ClipZeroShotClassifier(["x", "y"], weights, 100, minimumCosine: 0.81f);
        var equal = new ClipZeroShotClassifier(["x", "y"], weights, 100, minimumCosine: all.Classify([3, 4]).Cosine);

        var known = all.Classify([3, 4]);
        var none = some.Classify([3, 4]);

        Assert.Equal(("y", 1, 0.8f), (known.Label, known.Index, known.Cosine));
        Tolerances.Close([0.6f, 0.8f], [.. known.Cosines], Tolerances.Probability);
        Assert.Null(none.Label);
        Assert.Equal((1, known.Score, known.Cosine), (none.Index, none.Score, none.Cosine));
        Assert.Equal("y", equal.Classify([3, 4]).Label);
        Assert.Equal((null, 0.81f), (all.MinimumCosine, some.MinimumCosine));
    }

    [Fact]
    public void MinimumCosine_InAPipeline_GivesKeyZeroAndKeepsTheScores()
    {
        var view = Step("Path", new() { CosineColumnName = "Cosine" }).Fit(fixture.Data).Transform(fixture.Data);
        float[] best = [.. view.GetColumnOf("Cosine").Zip(view.GetColumn<uint>("PredictedLabel"), (c, key) => c[key - 1])];
        float minimum = best.Order().ElementAt(best.Length / 2);

        // Without the column, too.
        foreach (string? column in (string?[])[null, "Cosine"])
        {
            using var step = Step("Path", new() { CosineColumnName = column, MinimumCosine = minimum }).Fit(fixture.Data);
            var some = step.Transform(fixture.Data);
            Assert.Equal(view.GetColumn<uint>("PredictedLabel").Zip(best, (key, c) => c < minimum ? 0 : key), some.GetColumn<uint>("PredictedLabel"));
            Assert.Contains(0u, some.GetColumn<uint>("PredictedLabel"));
            Assert.Equal(view.GetColumnOf("Score"), some.GetColumnOf("Score"));
            Assert.Equal(minimum, step.MinimumCosine);
            var names = ML.Transforms.Conversion.MapKeyToValue("PredictedLabel").Fit(some).Transform(some).GetColumn<string>("PredictedLabel");
            Assert.Equal(some.GetColumn<uint>("PredictedLabel").Select(k => k == 0), names.Select(n => n.Length == 0));
        }
    }

    [Fact]
    public void Cosines_RowByRowSavedAndInAFreshProcess_AreThoseOfTheBatch()
    {
        using var step = Step("Path", new() { CosineColumnName = "Cosine", MinimumCosine = 0.1f }).Fit(fixture.Data);
        float[][] expected = step.Transform(fixture.Data).GetColumnOf("Cosine");
        uint[] keys = [.. step.Transform(fixture.Data).GetColumn<uint>("PredictedLabel")];
        string file = fixture.TemporaryFile("cosines.zip");
        ML.Model.Save(step, fixture.Data.Schema, file);
        using var loaded = (ClipZeroShotTransformer)new MLContext().Model.Load(file, out _);

        using var engine = ML.Model.CreatePredictionEngine<StepRow, Output>(step, ignoreMissingColumns: true);
        for (int i = 0; i < expected.Length; i++)
        {
            Tolerances.Close(expected[i], engine.Predict(fixture.Rows[i]).Cosine, Tolerances.BatchSize);
        }
        Assert.Equal(0.1f, loaded.MinimumCosine);
        Assert.Equal(expected, loaded.Transform(fixture.Data).GetColumnOf("Cosine"));
        Assert.Equal(keys, loaded.Transform(fixture.Data).GetColumn<uint>("PredictedLabel"));
        Assert.Equal(expected, Processes.Predict(file, "Path", "Cosine", fixture.Rows.Select(r => r.Path)));
    }

    [Fact]
    public void Cosines_OfAMissingImage_AreNaN()
    {
        var data = ML.Data.LoadFromEnumerable([fixture.Rows[0], new StepRow { Path = "" }]);
        var options = new ClipZeroShotOptions { CosineColumnName = "Cosine", MinimumCosine = -1, ErrorColumnName = "Error", OnInvalidImage = ClipOnInvalidImage.Missing };

        var view = Step("Path", options).Fit(data).Transform(data);

        Assert.Equal([false, true], view.GetColumnOf("Cosine").Select(c => c.All(float.IsNaN)));
        Assert.Equal([false, true], view.GetColumn<uint>("PredictedLabel").Select(k => k == 0));
        Assert.Equal([false, true], view.GetColumn<string>("Error").Select(e => e.Length > 0));
    }

    [Fact]
    public void Evaluate_BesideCosines_FindsTheScores()
    {
        var data = ML.Data.LoadFromEnumerable(fixture.Rows.Select((r, i) => new NamedRow { Path = r.Path, Name = Labels[i % 3] }));
        var view = ML.Transforms.ClipLabelKey("Label", "Name", Labels).Append(Step("Path", new() { CosineColumnName = "Cosine" })).Fit(data).Transform(data);

        var metrics = ML.MulticlassClassification.Evaluate(view);

        Assert.Equal(view.GetColumn<uint>("PredictedLabel").Where((key, i) => key == i % 3 + 1).Count() / (double)fixture.Rows.Length, metrics.MicroAccuracy, 1e-9);
    }

    [Fact]
    public void BadOptions_SayWhich()
    {
        void Throws(string message, ClipZeroShotOptions options) =>
            Assert.Contains(message, Assert.ThrowsAny<ArgumentException>(() => Step("Path", options)).Message, StringComparison.Ordinal);
        Throws("'Score' is the name of another output", new() { CosineColumnName = "Score" });
        Throws("'Score' is the name of another output", new() { PredictedLabelColumnName = "Score" });
        Throws("'C' is the name of another output", new() { CosineColumnName = "C", ErrorColumnName = "C" });
        Throws("must be the name of a column", new() { CosineColumnName = " " });
        Throws("Expected a cosine, -1 to 1, or null for no minimum; found 1.5", new() { MinimumCosine = 1.5f });
        Throws("found NaN", new() { MinimumCosine = float.NaN });
        Assert.Contains("found -2", Assert.ThrowsAny<ArgumentException>(() => ClipZeroShotClassifier.Create(fixture.Model, Labels, minimumCosine: -2)).Message,
            StringComparison.Ordinal);
        Assert.Contains("found 2", Assert.ThrowsAny<ArgumentException>(() => new ClipZeroShotClassifier(["a"], [1, 0], 1, minimumCosine: 2)).Message,
            StringComparison.Ordinal);
    }

    private ClipZeroShotEstimator Step(string input, ClipZeroShotOptions options) =>
        ML.Transforms.ClipZeroShotClassification(input, fixture.Model, Labels, options: options);

    private sealed class Output
    {
        public float[] Cosine { get; set; } = [];
    }

    private sealed class NamedRow
    {
        public string Path { get; set; } = "";

        public string Name { get; set; } = "";
    }
}
