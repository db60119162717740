namespace Microsoft.ML.Clip.Tests;

public sealed class ClipIntervalTests
{
    [Fact]
    public void ClopperPearson_EqualsScipy() => Assert.All(EvaluationGolden.Instance.Intervals, c =>
    {
        var interval = ClipInterval.ClopperPearson(c.Hits, c.Count, c.Confidence);
        Assert.Equal(c.Lower, interval.Lower, EvaluationGolden.Quantiles);
        Assert.Equal(c.Upper, interval.Upper, EvaluationGolden.Quantiles);
    });

    [Fact]
    public void ClopperPearson_Ends_AreExact()
    {
        Assert.Equal(0, ClipInterval.ClopperPearson(0, 7).Lower);
        Assert.Equal(1, ClipInterval.ClopperPearson(7, 7).Upper);
    }

    [Theory]
    [InlineData(0, 0, 0.95)]
    [InlineData(-1, 5, 0.95)]
    [InlineData(6, 5, 0.95)]
    [InlineData(1, 5, 0)]
    [InlineData(1, 5, 1)]
    [InlineData(1, 5, double.NaN)]
    public void ClopperPearson_OfWhatIsNoRate_IsRefused(long hits, long count, double confidence) =>
        Assert.Throws<ArgumentOutOfRangeException>(() => ClipInterval.ClopperPearson(hits, count, confidence));
}
