namespace Microsoft.ML.Clip.Tests;

/// <summary>The zero-shot head without ML.NET.</summary>
public sealed class ClipZeroShotClassifierTests(StepFixture fixture) : IClassFixture<StepFixture>
{
    private static readonly string[] Labels = ["cat", "dog", "a bird"];

    [Fact]
    public void Classify_AnImage_EqualsThePipelineStep()
    {
        var classifier = ClipZeroShotClassifier.Create(fixture.Model, Labels);
        float[][] expected = fixture.Run(fixture.Create("ZeroShot Path").Fit(fixture.Data), "ZeroShot Path");

        float[][] actual = [.. fixture.Model.EncodeImages([.. fixture.Rows.Select(r => r.Path)]).Select(e => classifier.Classify(e).Scores.ToArray())];

        for (int i = 0; i < expected.Length; i++)
        {
            Tolerances.Close(expected[i], actual[i], Tolerances.BatchSize);
        }
        Assert.Equal(Labels, classifier.Labels);
        Assert.Equal((fixture.Model.EmbeddingDimension, fixture.Model.LogitScale, ClipScoreKind.Softmax),
            (classifier.Dimension, classifier.LogitScale, classifier.ScoreKind));
    }

    [Fact]
    public void Classify_WeightsOfOnesOwn_FollowsTheFormula()
    {
        // Neither the weights nor the embedding are of unit length.
        float[] weights = [3, 0, 0, 0.5f], embedding = [3, 4];
        var softmax = new ClipZeroShotClassifier(["x", "y"], weights, logitScale: 2);
        var sigmoid = new ClipZeroShotClassifier(["x", "y"], weights, logitScale: 2, ClipScoreKind.Sigmoid, logitBias: -1);
        double x = Math.Exp(2 * 0.6), y = Math.Exp(2 * 0.8);

        var best = softmax.Classify(embedding);

        Assert.Equal(("y", 1), (best.Label, best.Index));
        Tolerances.Close([(float)(x / (x + y)), (float)(y / (x + y))], [.. best.Scores], Tolerances.Probability);
        Assert.Equal(best.Scores[1], best.Score);
        Tolerances.Close([(float)(1 / (1 + Math.Exp(1 - 1.2))), (float)(1 / (1 + Math.Exp(1 - 1.6)))], [.. sigmoid.Classify(embedding).Scores],
            Tolerances.Probability);
        Assert.Equal([1, 0, 0, 1], softmax.ClassWeights.ToArray());
        weights[0] = 9;
        Assert.Equal(1, softmax.ClassWeights.Span[0]);
    }

    [Fact]
    public void Classify_EqualScores_TakesTheFirst() =>
        Assert.Equal("a", new ClipZeroShotClassifier(["a", "b"], [1, 0, 1, 0], 100).Classify([1, 1]).Label);

    [Fact]
    public void Create_Progress_CountsLabels_AndCancellationEndsIt()
    {
        var reports = new List<int>();
        using var cancellation = new CancellationTokenSource();
        string[] many = [.. Enumerable.Range(0, 60).Select(i => $"class {i}")];
        string[] templates = [.. Enumerable.Range(0, 80).Select(i => $"{i} {{}}")];

        ClipZeroShotClassifier.Create(fixture.Model, many, templates, progress: new Now(reports.Add));
        cancellation.Cancel();

        Assert.Equal([25, 50, 60], reports);
        Assert.Throws<OperationCanceledException>(() => ClipZeroShotClassifier.Create(fixture.Model, many, cancellationToken: cancellation.Token));
    }

    [Fact]
    public void Classify_EmbeddingWithoutDirection_IsRefused()
    {
        var classifier = new ClipZeroShotClassifier(["a", "b"], [1, 0, 0, 1], 100);

        Assert.Contains("has 3 values, but the classes have 2", Message(() => classifier.Classify([1, 2, 3])), StringComparison.Ordinal);
        Assert.Contains("its norm is 0", Message(() => classifier.Classify([0, 0])), StringComparison.Ordinal);
        Assert.Contains("its norm is NaN", Message(() => classifier.Classify([float.NaN, 0])), StringComparison.Ordinal);
        Assert.Contains("must hold 2 values; it holds 1.", Message(() => classifier.Classify([1, 0], new float[1])), StringComparison.Ordinal);
    }

    [Fact]
    public void Constructor_BadInput_SaysWhat()
    {
        Assert.Contains("2 labels and 3 weights", Message(() => _ = new ClipZeroShotClassifier(["a", "b"], [1, 2, 3], 1)), StringComparison.Ordinal);
        Assert.Contains("2 labels and 0 weights", Message(() => _ = new ClipZeroShotClassifier(["a", "b"], [], 1)), StringComparison.Ordinal);
        Assert.Contains("'a' is there twice", Message(() => _ = new ClipZeroShotClassifier(["a", "a"], [1, 2], 1)), StringComparison.Ordinal);
        Assert.Contains("found 0, 0 and Softmax", Message(() => _ = new ClipZeroShotClassifier(["a"], [1, 2], 0)), StringComparison.Ordinal);
        Assert.Contains("'b' has no direction", Assert.Throws<InvalidOperationException>(() => new ClipZeroShotClassifier(["a", "b"], [1, 2, 0, 0], 1))
            .Message, StringComparison.Ordinal);
    }

    [Fact]
    public void SigmoidScores_SavedAndLoaded_StaySigmoid()
    {
        var classifier = new ClipZeroShotClassifier(["cat", "dog"], [1, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0], 5, ClipScoreKind.Sigmoid, logitBias: -2);
        var step = new ClipZeroShotTransformer(fixture.ML, "Embedding", imageModel: null, classifier, new(), batchSize: 4);
        string file = fixture.TemporaryFile("sigmoid.zip");
        fixture.ML.Model.Save(step, fixture.Data.Schema, file);

        float[][] expected = fixture.Run(step, "ZeroShot Embedding"), actual = fixture.Run(fixture.ML.Model.Load(file, out _), "ZeroShot Embedding");

        Assert.Equal(expected, actual);
        Assert.Equal(classifier.Classify(fixture.Rows[0].Embedding).Scores, expected[0]);
        Assert.Contains(expected, row => Math.Abs(row.Sum() - 1) > 0.1);
    }

    private static string Message(Action action) => Assert.Throws<ArgumentException>(action).Message;

    private sealed class Now(Action<int> report) : IProgress<int>
    {
        public void Report(int value) => report(value);
    }
}
