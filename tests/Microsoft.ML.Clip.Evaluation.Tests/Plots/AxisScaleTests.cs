namespace Microsoft.ML.Clip.Tests;

public sealed class AxisScaleTests
{
    [Theory]
    [InlineData(ClipPlotScale.Linear, false, "0 10", 600, "0 2 4 6 8 10")]
    [InlineData(ClipPlotScale.Linear, false, "-0.3 0.7", 300, "\u22120.25 0.00 0.25 0.50")]
    [InlineData(ClipPlotScale.Linear, true, "0 1", 400, "0 20 40 60 80 100")]
    [InlineData(ClipPlotScale.Linear, true, "0.61 0.64", 400, "61.0 61.5 62.0 62.5 63.0 63.5 64.0")]
    [InlineData(ClipPlotScale.Linear, false, "1e6 5e6", 400, "1,000,000 2,000,000 3,000,000 4,000,000 5,000,000")]
    [InlineData(ClipPlotScale.Linear, false, "7 7", 200, "6.5 7.0 7.5")]
    [InlineData(ClipPlotScale.Logarithmic, false, "1 1000", 200, "1 10 100 1,000")]
    [InlineData(ClipPlotScale.Logarithmic, false, "3 40", 500, "5 10 20")]
    [InlineData(ClipPlotScale.Logarithmic, false, "1e-6 1e6", 300, "0.000001 0.001 1 1,000 1,000,000")]
    [InlineData(ClipPlotScale.Logit, true, "0.01 0.99", 500, "1 2 5 10 20 30 50 70 80 90 95 98 99")]
    [InlineData(ClipPlotScale.Logit, true, "0.61 0.64", 300, "61 62 63 64")]
    [InlineData(ClipPlotScale.Shots, false, "0 1 16 Infinity", 500, "0 1 2 4 8 16 all")]
    [InlineData(ClipPlotScale.Shots, false, "1 128", 500, "1 2 4 8 16 32 64 128")]
    public void Ticks_AreRound(ClipPlotScale scale, bool isPercent, string values, double length, string labels)
    {
        double[] numbers = [.. values.Split(' ').Select(v => double.Parse(v, System.Globalization.CultureInfo.InvariantCulture))];

        var axis = AxisScale.Of(new("t") { Scale = scale, IsPercent = isPercent }, numbers, [], length, isHorizontal: true);

        Assert.Equal(labels, string.Join(' ', axis.Ticks.Select(t => t.Label)));
        Assert.All(numbers, n => Assert.InRange(axis.Position(n), axis.Minimum, axis.Maximum));
        Assert.Equal(axis.Ticks.OrderBy(t => t.Position), axis.Ticks);
    }

    [Theory]
    [InlineData(ClipPlotScale.Logit, 0, 1)]
    [InlineData(ClipPlotScale.Logarithmic, -1, 3)]
    public void Position_EndsOfIntervalsWithoutAPlace_StandAtTheAxisEnds(ClipPlotScale scale, double lower, double upper)
    {
        var axis = AxisScale.Of(new("t") { Scale = scale, Maximum = scale == ClipPlotScale.Logarithmic ? 2 : null }, [0.3, 0.6], [lower, upper], 300,
            isHorizontal: true);

        Assert.Equal(axis.Minimum, axis.Position(lower));
        Assert.True(axis.Position(upper) >= axis.Maximum);
    }

    [Theory]
    [InlineData(ClipPlotScale.Linear, -3.5)]
    [InlineData(ClipPlotScale.Logarithmic, 0.02)]
    [InlineData(ClipPlotScale.Logit, 0.83)]
    [InlineData(ClipPlotScale.Shots, 32)]
    public void Value_IsTheOtherWay(ClipPlotScale scale, double value)
    {
        var axis = AxisScale.Of(new("t") { Scale = scale }, [value], [], 300, isHorizontal: false);

        Assert.Equal(value, axis.Value(axis.Position(value)), EvaluationGolden.Sums);
    }
}
