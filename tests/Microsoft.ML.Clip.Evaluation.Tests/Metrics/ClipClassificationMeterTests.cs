namespace Microsoft.ML.Clip.Tests;

public sealed class ClipClassificationMeterTests
{
    [Fact]
    public void Result_EqualsScikitLearn() => Assert.All(EvaluationGolden.Instance.Classifications, c =>
    {
        var result = Measure(c.Labels, c.Scores).ToResult();

        Assert.Equal(c.Accuracy, result.Accuracy, EvaluationGolden.Sums);
        Assert.Equal(c.BalancedAccuracy, result.MeanPerClass, EvaluationGolden.Sums);
        Assert.Equal(c.Top5, result.TopKAccuracy!.Value, EvaluationGolden.Sums);
        Assert.Equal(c.CalibrationError, result.CalibrationError!.Value, EvaluationGolden.Confidences);
        Assert.Equal(Errors(c.Confusion), result.Confusions.OrderBy(e => (e.Label, e.Predicted)));
        Assert.Equal(c.Confusion.Select((row, i) => ((long)row.Sum(), (long)row[i], c.Confusion.Sum(r => (long)r[i]))),
            result.Classes.Select(k => (k.Count, k.Hits, k.Predicted)));
        Assert.Equal(c.Confusion.Count(row => row.Sum() == 0), result.EmptyClasses);
    });

    [Fact]
    public void Add_OfAnother_IsAsIfTheRowsWereItsOwn()
    {
        var c = EvaluationGolden.Instance.Classifications[1];
        var whole = Measure(c.Labels, c.Scores);
        ClipClassificationMeter first = Measure(c.Labels[..100], c.Scores[..100]), second = Measure(c.Labels[100..], c.Scores[100..]);

        first.Add(second);

        ClipClassificationResult expected = whole.ToResult(), found = first.ToResult();
        Assert.Equal((expected.Count, expected.Hits, expected.TopKHits), (found.Count, found.Hits, found.TopKHits));
        Assert.Equal(expected.Classes, found.Classes);
        Assert.Equal(expected.Confusions, found.Confusions);
        Assert.Equal(expected.CalibrationError!.Value, found.CalibrationError!.Value, EvaluationGolden.Sums);
    }

    [Fact]
    public void Result_EqualScores_AreTheFirstClass()
    {
        var meter = new ClipClassificationMeter(["a", "b", "c"], topK: 2);
        meter.Add(0, [0.5f, 0.5f, 0.5f]);
        meter.Add(1, [0.5f, 0.5f, 0.5f]);
        meter.Add(2, [0.5f, 0.5f, 0.5f]);

        var result = meter.ToResult();

        Assert.Equal((1, 2), (result.Hits, (int)result.TopKHits!));
        Assert.Equal([new ClipConfusion(1, 0, 1), new ClipConfusion(2, 0, 1)], result.Confusions);
    }

    [Theory]
    [InlineData(5, 5)]
    [InlineData(3, 5)]
    [InlineData(1, 1)]
    public void Result_NoMoreClassesThanK_HasNoTopK(int classes, int topK)
    {
        var meter = new ClipClassificationMeter([.. Enumerable.Range(0, classes).Select(i => $"{i}")], topK);
        meter.Add(0, new float[classes]);

        Assert.Null(meter.ToResult().TopKAccuracy);
    }

    [Fact]
    public void Result_ScoresThatAreNoProbabilities_HaveNoCalibration()
    {
        var meter = new ClipClassificationMeter(["a", "b"]);
        meter.Add(0, [0.7f, 0.3f]);
        meter.Add(0, [12, -3]);

        var result = meter.ToResult();

        Assert.Empty(result.Calibration);
        Assert.Null(result.CalibrationError);
        Assert.Equal((0.5, 1.0), (result.Chance, result.MajorityRate));
    }

    [Fact]
    public void Add_WhatIsNoRow_NamesIt()
    {
        var meter = new ClipClassificationMeter(["a", "b"]);
        meter.Add(0, [1, 0]);

        Assert.Contains("Row 1", Assert.Throws<ArgumentException>(() => meter.Add(2, [1, 0])).Message, StringComparison.Ordinal);
        Assert.Contains("Row 1", Assert.Throws<ArgumentException>(() => meter.Add(-1, [1, 0])).Message, StringComparison.Ordinal);
        Assert.Contains("3 scores for 2", Assert.Throws<ArgumentException>(() => meter.Add(0, [1, 0, 0])).Message, StringComparison.Ordinal);
        Assert.Contains("NaN for 'b'", Assert.Throws<ArgumentException>(() => meter.Add(0, [1, float.NaN])).Message, StringComparison.Ordinal);
        Assert.Equal(1, meter.ToResult().Count);
        Assert.Throws<ArgumentException>(() => meter.Add(new ClipClassificationMeter(["b", "a"])));
        Assert.Throws<InvalidOperationException>(() => new ClipClassificationMeter(["a"]).ToResult());
        Assert.Throws<ArgumentException>(() => new ClipClassificationMeter([]));
    }

    [Fact]
    public void Add_ManyRows_TakesNoMemoryForThem()
    {
        var meter = new ClipClassificationMeter([.. Enumerable.Range(0, 1000).Select(i => $"{i}")]);
        float[] scores = [.. Enumerable.Range(0, 1000).Select(i => i / 1000f)];
        Fill(10_000);
        long before = GC.GetAllocatedBytesForCurrentThread();

        Fill(100_000);

        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 1000);

        // The same mistakes over and over, so that the table of them is as large as it gets.
        void Fill(int rows)
        {
            for (int i = 0; i < rows; i++)
            {
                meter.Add(i % 1000, scores);
            }
        }
    }

    private static ClipClassificationMeter Measure(int[] labels, float[][] scores)
    {
        var meter = new ClipClassificationMeter([.. scores[0].Select((_, i) => $"class {i}")]);
        for (int i = 0; i < labels.Length; i++)
        {
            meter.Add(labels[i], scores[i]);
        }
        return meter;
    }

    private static IEnumerable<ClipConfusion> Errors(int[][] confusion) => confusion
        .SelectMany((row, label) => row.Select((count, predicted) => new ClipConfusion(label, predicted, count)))
        .Where(e => e.Label != e.Predicted && e.Count > 0);
}
