namespace Microsoft.ML.Clip.Tests;

public sealed class RanksTests
{
    [Fact]
    public void Of_EqualValues_ShareTheirPlaces() => Assert.Equal([3.5, 1, 3.5, 2], Ranks.Of([5, -1, 5, 0]));

    [Fact]
    public void Correlation_EqualsScipy() =>
        Assert.All(EvaluationGolden.Instance.Correlations, c => Assert.Equal(c.Spearman, Ranks.Correlation(c.X, c.Y), EvaluationGolden.Sums));

    [Fact]
    public void Correlation_OfWhatDoesNotVary_IsNaN()
    {
        Assert.Equal(double.NaN, Ranks.Correlation([1, 1, 1], [1, 2, 3]));
        Assert.Equal(double.NaN, Ranks.Correlation([1, 2, 3], [1, 1, 1]));
    }
}
