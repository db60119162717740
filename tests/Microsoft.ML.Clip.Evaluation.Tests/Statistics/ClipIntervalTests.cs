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

    /// <summary>scipy's beta.ppf.</summary>
    [Theory]
    [InlineData(0.5, 3, 0.00819434267297613, 0.991805657327024)]
    [InlineData(1, 3, 0.13572088082974534, 1)]
    [InlineData(0, 4.5, 0, 0.7359024049747511)]
    [InlineData(0.31, 81.3, 0.17713816493266088, 0.46953640004262737)]
    public void ClopperPearsonOfShare_EqualsScipy(double share, double count, double lower, double upper) =>
        Equal(lower, upper, ClipInterval.ClopperPearsonOfShare(share, count));

    /// <summary>Newcombe's method 5, solved by scipy's brentq.</summary>
    [Theory]
    [InlineData(0.8, 20, 30, 0.5662684487182386, 0.9185352445084217)]
    [InlineData(1, 3, 4, 0.36585279903599655, 1)]
    [InlineData(1, 1, 1, 0.11261973280977165, 1)]
    [InlineData(0.5, 50, 50, 0.34658237192097374, 0.6534176280790263)]
    [InlineData(0, 5, 6, 0, 0.5123106583293735)]
    [InlineData(0.97, 200, 40, 0.8877085502015475, 0.9919461915392143)]
    public void RocAuc_EqualsScipy(double auc, int positives, int negatives, double lower, double upper) =>
        Equal(lower, upper, MetricValue.RocAuc(auc, positives, negatives));

    private static void Equal(double lower, double upper, ClipInterval interval)
    {
        Assert.Equal(lower, interval.Lower, EvaluationGolden.Quantiles);
        Assert.Equal(upper, interval.Upper, EvaluationGolden.Quantiles);
    }
}
