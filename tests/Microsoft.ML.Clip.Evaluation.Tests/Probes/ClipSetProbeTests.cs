namespace Microsoft.ML.Clip.Tests;

/// <summary>Probes, few-shot curves and combinations on made-up features whose answer is known.</summary>
public sealed class ClipSetProbeTests
{
    private static readonly string[] Names = ["red", "green", "blue"];

    [Fact]
    public void Train_SeparableClasses_AreToldApart_AndScoresAreWhatTheWeightsSay()
    {
        ClipEmbeddedSet train = Clusters(40, seed: 1), test = Clusters(25, seed: 2);

        var probe = ClipSetProbe.Train(train);
        var predictions = probe.Predict(test, keepScores: true);

        Assert.Equal(1, predictions.Result.Accuracy);
        Assert.Equal(test.Labels, predictions.Predicted);
        Assert.Equal(Names, probe.ClassNames);
        Assert.True(probe.Report.Trials.Count > 7, "The strength is found by a sweep.");
        for (int row = 0; row < test.Count; row++)
        {
            double[] logits = [.. Enumerable.Range(0, 3).Select(k => probe.Biases.Span[k] + Enumerable.Range(0, test.Dimension)
                .Sum(j => (double)probe.Weights.Span[(k * test.Dimension) + j] * test.Embeddings.Span[(row * test.Dimension) + j]))];
            double sum = logits.Sum(Math.Exp);
            Assert.All(Enumerable.Range(0, 3), k => Assert.Equal(Math.Exp(logits[k]) / sum, predictions.Scores.Span[(row * 3) + k], 1e-5));
            Assert.Equal(predictions.Scores.Span[(row * 3) + test.Labels[row]], predictions.LabelScores[row]);
        }
    }

    [Fact]
    public void Train_TwiceIsTheSame_AndAnotherStrengthIsNot()
    {
        var train = Clusters(20, seed: 1);

        Assert.Equal(ClipSetProbe.Train(train).Weights.ToArray(), ClipSetProbe.Train(train).Weights.ToArray());
        Assert.NotEqual(ClipSetProbe.Train(train).Weights.ToArray(), ClipSetProbe.Train(train, options: new() { L2Regularization = 1e3f }).Weights.ToArray());
    }

    [Fact]
    public void Predict_OtherClassesOrFeatures_IsRefused_WithTheClass()
    {
        var probe = ClipSetProbe.Train(Clusters(10, seed: 1));

        Assert.Contains("Class 1 (counted from 0) of 'clusters' is 'blue'; expected 'green'", Refusal(["red", "blue", "green"]), StringComparison.Ordinal);
        Assert.Contains("has 2 classes; expected 3", Refusal(["red", "green"]), StringComparison.Ordinal);
        var joint = new ClipEmbeddedSet("joint", Names, ClipFeatures.JointEmbedding, [1, 0, 0, 0, 0, 0, 0, 0], [0]);
        Assert.Contains("JointEmbedding", Assert.Throws<ArgumentException>(() => probe.Predict(joint)).Message, StringComparison.Ordinal);

        string Refusal(string[] names) => Assert.Throws<ArgumentException>(() => probe.Predict(
            Clusters(1, seed: 3).WithClasses(names, [0, 1, names.Length == 3 ? 2 : -1]))).Message;
    }

    [Fact]
    public void Train_OneClassOnly_IsRefused() =>
        Assert.Throws<ArgumentException>(() => ClipSetProbe.Train(new ClipEmbeddedSet("one", Names, ClipFeatures.Encoder, [1, 0, 0, 1], [1, 1])));

    [Theory]
    [InlineData(float.NaN, 0, "Row 1")]
    [InlineData(float.PositiveInfinity, 0, "Row 1")]
    [InlineData(1, 3, "label 3")]
    public void EmbeddedSet_ValuesOrLabelsThatAreNone_AreRefused_WithTheirRow(float value, int label, string expected) =>
        Assert.Contains(expected, Assert.Throws<ArgumentException>(() =>
            new ClipEmbeddedSet("bad", Names, ClipFeatures.Encoder, [1, 0, value, 1], [0, label])).Message, StringComparison.Ordinal);

    [Fact]
    public void FewShot_DrawsAreNested_Stratified_AndRepeat()
    {
        var set = Clusters(30, seed: 4);

        int[] four = ClipFewShotCurve.Draw(set, 4, seed: 7), eight = ClipFewShotCurve.Draw(set, 8, seed: 7);

        Assert.Equal(12, four.Length);
        Assert.All(set.TakeRows(four).Labels.CountBy(l => l), c => Assert.Equal(4, c.Value));
        Assert.Subset(eight.ToHashSet(), four.ToHashSet());
        Assert.Equal(four, ClipFewShotCurve.Draw(set, 4, seed: 7));
        Assert.NotEqual(four, ClipFewShotCurve.Draw(set, 4, seed: 8));
    }

    [Fact]
    public void FewShot_Curve_HasAPointForEachNumber_WithItsSpread_AndAllAtTheEnd()
    {
        ClipEmbeddedSet train = Clusters(30, seed: 5, noise: 1.2f), test = Clusters(200, seed: 6, noise: 1.2f);

        var curve = ClipFewShotCurve.Measure(train, test, zeroShot: 0.5, new ClipFewShotOptions { Shots = [1, 4, 50], Seeds = [0, 1, 2] },
            cancellationToken: TestContext.Current.CancellationToken);

        Assert.Equal([1, 4, 50, null], curve.Points.Select(p => p.Shots));
        Assert.Equal([3, 3, 3, 1], curve.Points.Select(p => p.Scores.Count));
        Assert.Equal([1, 4, 30, 30], curve.Points.Select(p => p.ImagesPerClass));
        Assert.Equal([0, 0, 3, 0], curve.Points.Select(p => p.ShortClasses));
        Assert.True(curve.Points[0].Mean < curve.Points[^1].Mean, "More images help.");
        Assert.True(curve.Points[0].StandardDeviation > 0);
        Assert.Null(curve.Points[^1].StandardDeviation);
        Assert.Equal(0.5, curve.ZeroShot);
    }

    [Fact]
    public void FewShot_ShotsThatAreNone_AreRefused()
    {
        var set = Clusters(5, seed: 1);

        Assert.All<IReadOnlyList<int>>([[0, 1], [2, 1], [1, 1]], shots =>
            Assert.Throws<ArgumentException>(() => ClipFewShotCurve.Measure(set, set, options: new() { Shots = shots })));
        Assert.Throws<ArgumentException>(() => ClipFewShotCurve.Measure(set, set, options: new() { Seeds = [] }));
    }

    [Fact]
    public void Combine_IsTheProduct_AndItsEndsAreTheTwo()
    {
        ClipEmbeddedSet train = Clusters(6, seed: 5, noise: 1.2f), test = Clusters(50, seed: 6, noise: 1.2f);
        var first = ClipSetProbe.Train(train, options: new() { L2Regularization = 1 }).Predict(test, keepScores: true);
        var second = ClipSetProbe.Train(train, options: new() { L2Regularization = 100 }).Predict(test, keepScores: true);

        var both = ClipSetPredictions.Combine(first, second, 0.25);

        Assert.Equal(first.Predicted, ClipSetPredictions.Combine(first, second, 0).Predicted);
        Assert.Equal(second.Predicted, ClipSetPredictions.Combine(first, second, 1).Predicted);
        for (int row = 0; row < test.Count; row++)
        {
            double[] product = [.. Enumerable.Range(row * 3, 3).Select(i => Math.Pow(first.Scores.Span[i], 0.75) * Math.Pow(second.Scores.Span[i], 0.25))];
            Assert.All(Enumerable.Range(0, 3), k => Assert.Equal(product[k] / product.Sum(), both.Scores.Span[(row * 3) + k], 1e-5));
        }
        Assert.Throws<ArgumentOutOfRangeException>(() => ClipSetPredictions.Combine(first, second, 1.5));
        Assert.Throws<InvalidOperationException>(() => ClipSetPredictions.Combine(first, ClipSetProbe.Train(train).Predict(test)));
    }

    [Fact]
    public void RocAuc_OfTwoClasses_IsThatOfTheMargins_AlsoWhereProbabilitiesAreAllOne()
    {
        string[] names = ["no", "yes"];
        float[] values = new float[600];
        int[] labels = new int[300];
        var random = new Random(1);
        for (int i = 0; i < labels.Length; i++)
        {
            labels[i] = i % 2;
            values[2 * i] = (float)(random.NextDouble() + (0.5 * labels[i])) * 1000;
            values[(2 * i) + 1] = 1;
        }
        var set = new ClipEmbeddedSet("two", names, ClipFeatures.Encoder, values, labels);

        var predictions = ClipSetProbe.Train(set).Predict(set);

        float[] margins = [.. Enumerable.Range(0, labels.Length).Select(i => values[2 * i])];
        Assert.Equal(ClipRankingMetrics.RocAuc(margins, [.. labels.Select(l => l == 1)]), predictions.RocAuc!.Value, 1e-3);
    }

    private static ClipEmbeddedSet Clusters(int perClass, int seed, float noise = 0.1f)
    {
        const int Dimension = 8;
        var random = new Random(seed);
        float[] values = new float[3 * perClass * Dimension];
        int[] labels = new int[3 * perClass];
        for (int row = 0; row < labels.Length; row++)
        {
            labels[row] = row % 3;
            for (int i = 0; i < Dimension; i++)
            {
                double normal = Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble());
                values[(row * Dimension) + i] = (float)((i == labels[row] ? 2 : 0) + (noise * normal));
            }
        }
        return new ClipEmbeddedSet("clusters", Names, ClipFeatures.Encoder, values, labels);
    }
}
