namespace Microsoft.ML.Clip.Tests;

public sealed class ClipScoreComparisonTests
{
    [Fact]
    public void Of_SomeSets_SortsByDifference_AndFitsZeroShotOnTheProbe()
    {
        var comparison = ClipScoreComparison.Of([new("a", 0.2, 0.5), new("b", 0.9, 0.8), new("c", 0.68, 0.7)]);

        Assert.Equal(["b", "c", "a"], comparison.Sets.Select(s => s.SetName));
        Assert.Equal(1, comparison.Wins);
        Assert.Equal(["b", "c"], comparison.Within(0.03).Select(s => s.SetName));
        Assert.Equal(ClipLinearFit.Of([0.8, 0.7, 0.5], [0.9, 0.68, 0.2]).Slope, comparison.Fit!.Slope, EvaluationGolden.Sums);
        Assert.Equal((0.2 + 0.9 + 0.68) / 3, comparison.MeanZeroShot, EvaluationGolden.Sums);
        Assert.Equal((0.5 + 0.8 + 0.7) / 3, comparison.MeanProbe, EvaluationGolden.Sums);
    }

    [Fact]
    public void Of_TwoSets_HaveNoLine() => Assert.Null(ClipScoreComparison.Of([new("a", 0.2, 0.5), new("b", 0.9, 0.8)]).Fit);

    [Fact]
    public void Of_WhatDoesNotFit_IsNamed()
    {
        Assert.Throws<ArgumentException>(() => ClipScoreComparison.Of([]));
        Assert.Contains("'a' has the scores 76.2 and 0.5", Message(new ClipScorePair("a", 76.2, 0.5)), StringComparison.Ordinal);
        Assert.Contains("'a' has the scores NaN and 0.5", Message(new ClipScorePair("a", double.NaN, 0.5)), StringComparison.Ordinal);
        Assert.Contains("'a' is there 2 times", Message(new("a", 0.5, 0.5), new("a", 0.5, 0.5)), StringComparison.Ordinal);

        static string Message(params ClipScorePair[] sets) => Assert.Throws<ArgumentException>(() => ClipScoreComparison.Of(sets)).Message;
    }

    /// <summary>Half of the way from 0.4 to 0.6 is half of the way from 4 to 8 images in logarithms.</summary>
    [Theory]
    [InlineData(0.5, 5.656854249492381, ClipShotBound.Exact, "5.7")]
    [InlineData(0.4, 4, ClipShotBound.Exact, "4")]
    [InlineData(0.1, 1, ClipShotBound.Exact, "1")]
    [InlineData(0.05, 1, ClipShotBound.Fewer, "< 1")]
    [InlineData(0.95, 184, ClipShotBound.More, "> 184")]
    [InlineData(0.9, 184, ClipShotBound.Exact, "184")]
    public void DataEfficiency_IsLinearInTheLogarithm_AndIsNotExtrapolated(double score, double images, ClipShotBound bound, string text)
    {
        var solved = ClipDataEfficiency.Solve("set", score, [(1, 0.1), (2, 0.3), (4, 0.4), (8, 0.6), (16, 0.55), (184, 0.9)]);

        Assert.Equal(("set", bound), (solved.SetName, solved.Bound));
        Assert.Equal(images, solved.ImagesPerClass, EvaluationGolden.Sums);
        Assert.Equal(text, solved.ToString());
    }

    /// <summary>The curve reaches 0.58 between 4 and 8, falls below it, and reaches it again.</summary>
    [Fact]
    public void DataEfficiency_OfACurveThatFalls_IsItsFirstCrossing() =>
        Assert.InRange(ClipDataEfficiency.Solve("set", 0.58, [(4, 0.4), (8, 0.6), (16, 0.55), (184, 0.9)]).ImagesPerClass, 4, 8);

    [Fact]
    public void DataEfficiency_MedianAndMean_KnowBounds()
    {
        ClipDataEfficiency fewer = new("a", 1, ClipShotBound.Fewer), three = new("b", 3, ClipShotBound.Exact), five = new("c", 5, ClipShotBound.Exact);
        ClipDataEfficiency more = new("d", 2, ClipShotBound.More);

        Assert.Equal("3", ClipDataEfficiency.Median([five, fewer, three]).ToString());
        Assert.Equal("4", ClipDataEfficiency.Median([five, fewer, three, more]).ToString());
        Assert.Equal("< 1", ClipDataEfficiency.Median([fewer, fewer, five]).ToString());
        Assert.Equal("> 2", ClipDataEfficiency.Median([more, more, five]).ToString());
        Assert.Equal("3", ClipDataEfficiency.Mean([five, fewer, three]).ToString());
        Assert.Equal("> 3.5", ClipDataEfficiency.Mean([five, more]).ToString());
        Assert.Throws<ArgumentException>(() => ClipDataEfficiency.Median([]));
    }

    [Fact]
    public void DataEfficiency_WhatDoesNotFit_IsNamed()
    {
        Assert.Contains("'set' has 0 points", Message(0.5), StringComparison.Ordinal);
        Assert.Contains("the score NaN", Message(double.NaN, (1, 0.5)), StringComparison.Ordinal);
        Assert.Contains("Point 1 (counted from 0) of 'set'", Message(0.5, (2, 0.5), (2, 0.6)), StringComparison.Ordinal);
        Assert.Contains("Point 0 (counted from 0) of 'set'", Message(0.5, (0, 0.5)), StringComparison.Ordinal);
        Assert.Contains("Point 1 (counted from 0) of 'set'", Message(0.5, (1, 0.5), (2, double.NaN)), StringComparison.Ordinal);

        static string Message(double score, params (double, double)[] points) =>
            Assert.Throws<ArgumentException>(() => ClipDataEfficiency.Solve("set", score, points)).Message;
    }
}
