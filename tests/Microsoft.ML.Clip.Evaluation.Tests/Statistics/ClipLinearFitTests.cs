namespace Microsoft.ML.Clip.Tests;

public sealed class ClipLinearFitTests
{
    /// <summary>Both sides sum doubles in another order; where points lie nearly on a line, 1 - r² has lost digits, relative to what is left.</summary>
    private const double Relative = 1e-8;

    [Fact]
    public void Of_EqualsScipy() => Assert.All(EvaluationGolden.Instance.Fits, c =>
    {
        var fit = ClipLinearFit.Of(c.X, c.Y);

        Assert.Equal(c.X.Length, fit.Count);
        Assert.Equal(c.Slope, fit.Slope, EvaluationGolden.Sums);
        Assert.Equal(c.Intercept, fit.Intercept, EvaluationGolden.Sums);
        Assert.Equal(c.Correlation, fit.Correlation, EvaluationGolden.Sums);
        Assert.Equal(1, fit.PValue / c.P, Relative);
        Assert.Equal(1, fit.SlopeError / c.Error, Relative);
        Assert.Equal(c.Lower, fit.SlopeInterval.Lower, Relative);
        Assert.Equal(c.Upper, fit.SlopeInterval.Upper, Relative);
        Assert.Equal((c.Slope * 2) + c.Intercept, fit.At(2), EvaluationGolden.Sums);
    });

    /// <summary>With many points and normal distances both intervals are of like width.</summary>
    [Fact]
    public void BootstrapSlope_OfManyPoints_IsNearStudents_AndTheSameForASeed()
    {
        var c = EvaluationGolden.Instance.Fits[3];
        var fit = ClipLinearFit.Of(c.X, c.Y);

        var interval = fit.BootstrapSlope(seed: 5);

        Assert.InRange((interval.Upper - interval.Lower) / (c.Upper - c.Lower), 0.85, 1.15);
        Assert.InRange(fit.Slope, interval.Lower, interval.Upper);
        Assert.Equal(interval, fit.BootstrapSlope(seed: 5));
        Assert.NotEqual(interval, fit.BootstrapSlope(seed: 6));
    }

    [Fact]
    public void Of_PointsOnALine_IsSure()
    {
        var fit = ClipLinearFit.Of([1, 2, 3], [2, 4, 6]);

        Assert.Equal((2, 0, 1, 0, 0), (fit.Slope, fit.Intercept, fit.Correlation, fit.PValue, fit.SlopeError));
        Assert.Equal(new ClipInterval(2, 2), fit.SlopeInterval);
    }

    [Fact]
    public void Of_WithoutCorrelation_HasTheProbabilityOne()
    {
        var fit = ClipLinearFit.Of([1, 2, 3, 4], [1, 0, 0, 1]);

        Assert.Equal((0, 1), (fit.Slope, fit.PValue));
        Assert.InRange(fit.SlopeError, 0.1, 1);
    }

    [Fact]
    public void Of_WhatIsNoLine_IsRefused()
    {
        Assert.Throws<ArgumentException>(() => ClipLinearFit.Of([1, 2], [1, 2]));
        Assert.Throws<ArgumentException>(() => ClipLinearFit.Of([1, 2, 3], [1, 2]));
        Assert.Throws<ArgumentException>(() => ClipLinearFit.Of([1, 1, 1], [1, 2, 3]));
        Assert.Throws<ArgumentException>(() => ClipLinearFit.Of([1, 2, 3], [1, 1, 1]));
        Assert.Contains("Point 1", Assert.Throws<ArgumentException>(() => ClipLinearFit.Of([1, double.NaN, 3], [1, 2, 3])).Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentOutOfRangeException>(() => ClipLinearFit.Of([1, 2, 3], [1, 2, 3], confidence: 1));
    }

    [Fact]
    public void ScalingLine_OfAPowerLaw_FindsItsExponent()
    {
        var line = ClipScalingLine.Of([.. new[] { 1.0, 10, 100, 1000 }.Select(c => (c, 0.5 * Math.Pow(c, -0.1)))]);

        Assert.Equal(-0.1, line.Fit.Slope, EvaluationGolden.Sums);
        Assert.Equal(0.5 * Math.Pow(4.4, -0.1), line.Expect(4.4), EvaluationGolden.Sums);
        Assert.Contains("Model 1", Assert.Throws<ArgumentException>(() => ClipScalingLine.Of([(1, 0.5), (2, 0), (3, 0.1)])).Message, StringComparison.Ordinal);
        Assert.Contains("Model 0", Assert.Throws<ArgumentException>(() => ClipScalingLine.Of([(0, 0.5), (2, 0.2), (3, 0.1)])).Message, StringComparison.Ordinal);
    }
}
