namespace Microsoft.ML.Clip.Tests;

public sealed class ClipRankingMetricsTests
{
    [Fact]
    public void RocAuc_EqualsScikitLearn() =>
        Assert.All(EvaluationGolden.Instance.Rankings, c => Assert.Equal(c.Auc, ClipRankingMetrics.RocAuc(c.Scores, c.Positive), EvaluationGolden.Sums));

    [Fact]
    public void AveragePrecision_EqualsScikitLearn() => Assert.All(EvaluationGolden.Instance.Rankings,
        c => Assert.Equal(c.AveragePrecision, ClipRankingMetrics.AveragePrecision(c.Scores, c.Positive), EvaluationGolden.Sums));

    /// <summary>
    /// By hand. Ten rows from the highest score on, with five positives: + - + + - - + - - +. Recall 0.2, 0.4, 0.6, 0.8, 1.0 is reached with precision
    /// 1/1, 2/3, 3/4, 4/7, 5/10. The highest precision at or above a recall of 0, 0.1, 0.2 is 1; of 0.3 to 0.6 it is 3/4; of 0.7 and 0.8 it is 4/7; of 0.9
    /// and 1 it is 1/2.
    /// </summary>
    [Fact]
    public void ElevenPoints_WorkedByHand()
    {
        bool[] positive = [true, false, true, true, false, false, true, false, false, true];
        float[] scores = [.. positive.Select((_, i) => 1 - (i / 10f))];

        double expected = ((3 * 1.0) + (4 * 0.75) + (2 * 4 / 7.0) + (2 * 0.5)) / 11;

        Assert.Equal(expected, ClipRankingMetrics.ElevenPointAveragePrecision(scores, positive), EvaluationGolden.Sums);
    }

    [Fact]
    public void ElevenPoints_EqualScores_ComeTogether()
    {
        // One step to recall 1 at precision 1/4, whatever the order of the rows.
        Assert.Equal(0.25, ClipRankingMetrics.ElevenPointAveragePrecision([1, 1, 1, 1], [false, true, false, false]), EvaluationGolden.Sums);
        Assert.Equal(1, ClipRankingMetrics.ElevenPointAveragePrecision([3, 2, 1], [true, false, false]), EvaluationGolden.Sums);
    }

    [Fact]
    public void Metrics_OfNothingToCompare_AreRefused()
    {
        Assert.Contains("2 positive and 0 negative", Assert.Throws<ArgumentException>(() => ClipRankingMetrics.RocAuc([1, 2], [true, true])).Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => ClipRankingMetrics.AveragePrecision([1, 2], [false, false]));
        Assert.Throws<ArgumentException>(() => ClipRankingMetrics.ElevenPointAveragePrecision([], []));
        Assert.Contains("Row 1", Assert.Throws<ArgumentException>(() => ClipRankingMetrics.RocAuc([1, float.NaN], [true, false])).Message, StringComparison.Ordinal);
        Assert.Contains("2 scores, but 1", Assert.Throws<ArgumentException>(() => ClipRankingMetrics.RocAuc([1, 2], [true])).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void McNemar_EqualsScipy() =>
        Assert.All(EvaluationGolden.Instance.Mcnemar, c => Assert.Equal(c.P, new ClipMcNemar(c.First, c.Second).PValue, EvaluationGolden.Quantiles));

    [Fact]
    public void McNemar_CountsWhatOnlyOneGotRight()
    {
        Assert.Equal(new ClipMcNemar(1, 2), ClipMcNemar.Of([true, false, true, false, false], [true, false, false, true, true]));
        Assert.Throws<ArgumentException>(() => ClipMcNemar.Of([true], []));
    }
}
