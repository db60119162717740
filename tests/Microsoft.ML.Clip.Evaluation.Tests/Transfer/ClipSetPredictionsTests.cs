using CsCheck;

namespace Microsoft.ML.Clip.Tests;

public sealed class ClipSetPredictionsTests
{
    /// <summary>Scores are float32 of sums in another order, and the logit scale is 100.</summary>
    private const float Scores = 1e-4f;

    [Theory]
    [InlineData(ClipScoreKind.Softmax)]
    [InlineData(ClipScoreKind.Sigmoid)]
    public void Predict_IsWhatTheClassifierSaysOfEach(ClipScoreKind kind) =>
        Gen.Select(Gen.Int[1, 130], Gen.Int[2, 40], Gen.Int[1, 20], Gen.Int[0, int.MaxValue]).Sample((rows, classes, dimension, seed) =>
        {
            var random = new Random(seed);
            var classifier = new ClipZeroShotClassifier(Names(classes), Values(classes * dimension), logitScale: 100, kind, logitBias: -2);
            int[] labels = [.. Enumerable.Range(0, rows).Select(_ => random.Next(classes))];
            var set = new ClipEmbeddedSet("set", Names(classes), ClipFeatures.JointEmbedding, Values(rows * dimension), labels);

            var predictions = set.Predict(classifier, keepScores: true);

            for (int row = 0; row < rows; row++)
            {
                var expected = classifier.Classify(set.Embeddings.Span.Slice(row * dimension, dimension));
                Assert.All(expected.Scores.Zip(predictions.Scores.ToArray().Skip(row * classes)), s => Assert.Equal(s.First, s.Second, Scores));
                Assert.Equal(predictions.Scores.Span[(row * classes) + labels[row]], predictions.LabelScores[row]);
            }

            float[] Values(int count) => [.. Enumerable.Range(0, count).Select(_ => random.NextSingle() - 0.5f)];
        }, iter: 50);

    [Theory]
    [InlineData(ClipScoreKind.Softmax)]
    [InlineData(ClipScoreKind.Sigmoid)]
    public void Classify_IsWhatTheMeterSaysOfEachRow(ClipScoreKind kind) =>
        Gen.Select(Gen.Int[1, 130], Gen.Int[2, 40], Gen.Int[0, int.MaxValue]).Sample((rows, classes, seed) =>
        {
            // Signs alone, in four dimensions: products are exact, and many are equal.
            var random = new Random(seed);
            var classifier = new ClipZeroShotClassifier(Names(classes), Signs(classes * 4), logitScale: 3, kind);
            int[] labels = [.. Enumerable.Range(0, rows).Select(_ => random.Next(classes))];
            var set = new ClipEmbeddedSet("set", Names(classes), ClipFeatures.JointEmbedding, Signs(rows * 4), labels);
            var meter = new ClipClassificationMeter(classifier.Labels);
            float[] scores = new float[classes];
            for (int row = 0; row < rows; row++)
            {
                classifier.Classify(set.Embeddings.Span.Slice(row * 4, 4), scores);
                meter.Add(labels[row], scores);
            }
            var expected = meter.ToResult();

            var result = set.Classify(classifier);

            Assert.Equal((expected.Count, expected.Hits, expected.TopKHits), (result.Count, result.Hits, result.TopKHits));
            Assert.Equal(expected.Classes, result.Classes);
            Assert.Equal(expected.Confusions, result.Confusions);
            Assert.Equal(expected.Calibration.Sum(c => c.Count * c.Confidence), result.Calibration.Sum(c => c.Count * c.Confidence), rows * (double)Scores);

            float[] Signs(int count) => [.. Enumerable.Range(0, count).Select(_ => random.Next(2) == 0 ? -1f : 1f)];
        }, iter: 50);

    /// <summary>An image exactly as its text: exp(100) does not fit in float32.</summary>
    [Fact]
    public void Predict_ACosineOfOneWithTheScaleOfClip_IsAProbability()
    {
        var classifier = new ClipZeroShotClassifier(["a", "b"], [1, 0, 0, 1], logitScale: 100);

        var predictions = new ClipEmbeddedSet("set", ["a", "b"], ClipFeatures.JointEmbedding, [0, 2], [1]).Predict(classifier, keepScores: true);

        Assert.Equal(1, predictions.Scores.Span[1]);
        Assert.InRange(predictions.Scores.Span[0], 0, 1e-40f);
    }

    /// <summary>exp(-200) is 0 in float32, so that the scores of the second and the third class are equal; their cosines are not.</summary>
    [Fact]
    public void Classify_ScoresThatRoundingMakesEqual_AreToldApart()
    {
        var classifier = new ClipZeroShotClassifier(["a", "b", "c", "d", "e", "f", "g"], [1, 0, -1, 0, -1, 0, -1, 0, -1, 0, -1, 0, -0.9f, 0.1f], logitScale: 200);

        var predictions = new ClipEmbeddedSet("set", classifier.Labels, ClipFeatures.JointEmbedding, [1, 0], [6]).Predict(classifier, keepScores: true);

        Assert.Equal(1, predictions.Result.TopKHits);
        Assert.Equal((0, 0), (predictions.Scores.Span[1], predictions.Scores.Span[6]));
    }

    private static string[] Names(int count) => [.. Enumerable.Range(0, count).Select(i => $"{i}")];
}
