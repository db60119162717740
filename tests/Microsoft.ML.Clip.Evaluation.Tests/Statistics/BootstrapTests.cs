namespace Microsoft.ML.Clip.Tests;

public sealed class BootstrapTests
{
    /// <summary>numpy.percentile([16, 1, 4, 2, 8], [2.5, 97.5]) and [25, 75].</summary>
    [Theory]
    [InlineData(0.95, 1.1, 15.2)]
    [InlineData(0.5, 2, 8)]
    public void Middle_IsBetweenNumpysPercentiles(double confidence, double lower, double upper)
    {
        var middle = Bootstrap.Middle([16, 1, 4, 2, 8], confidence);

        Assert.Equal(lower, middle.Lower, EvaluationGolden.Sums);
        Assert.Equal(upper, middle.Upper, EvaluationGolden.Sums);
    }

    /// <summary>Two points, drawn twice: one alone makes no line, so that each line is that through both.</summary>
    [Fact]
    public void Lines_OfTwoPoints_AreAllTheSame()
    {
        var lines = Bootstrap.Lines([1, 2], [3, 5], resamples: 20, seed: 1).ToArray();

        Assert.Equal(20, lines.Length);
        Assert.All(lines, l => Assert.Equal((2, 1), (l.Slope, l.Intercept)));
    }
}
