namespace Microsoft.ML.Clip.Tests;

public sealed class ClipRobustnessLineTests
{
    /// <summary>The table has six digits behind the point, and points of 100 with two.</summary>
    private const double SixDigits = 5e-7, TwoDigits = 5e-3;

    [Theory]
    [InlineData("imagenet-sketch", "val", 85, 1.070915, -2.370071, 22.86, 28.02)]
    [InlineData("imagenetv2-matched-frequency-format-val", "val", 85, 0.923229, -0.497690, 5.79, 5.63)]
    [InlineData("imagenet-r", "val-on-imagenet-r-classes", 80, 0.636844, -2.107716, 32.86, 38.95)]
    [InlineData("objectnet-1.0-beta", "val-on-objectnet-classes", 85, 0.980911, -1.928289, 17.85, 18.10)]
    [InlineData("imagenet-vid-robust_pm0", "val-on-vid-robust-classes", 85, 0.533553, -1.461705, 14.85, 19.16)]
    [InlineData("imagenet-vid-robust_pm10", "val-on-vid-robust-classes", 85, 0.590869, -2.428021, 12.03, 21.39)]
    [InlineData("ytbb-robust_pm0", "val-on-ytbb-robust-classes", 84, 0.338833, -1.111860, 7.09, 9.91)]
    [InlineData("ytbb-robust_pm10", "val-on-ytbb-robust-classes", 84, 0.469704, -2.273226, 7.99, 12.72)]
    public void Fit_PublishedModels_HasThePublishedNumbers(string shifted, string of, int count, double slope, double intercept, double resNet50, double vitB32)
    {
        var models = PublishedModels.Read();
        var standard = models.Where(m => m.IsStandard && m.Has(shifted) && m.Has(of));

        var line = ClipRobustnessLine.Fit([.. standard.Select(m => (m.Rate(of), m.Rate(shifted)))]);

        Assert.Equal(count, line.Count);
        Assert.Equal(slope, line.Slope, SixDigits);
        Assert.Equal(intercept, line.Intercept, SixDigits);
        Assert.Equal(resNet50, 100 * Effective("resnet50_clip_zeroshot"), TwoDigits);
        Assert.Equal(vitB32, 100 * Effective("vit_b_32_clip_zeroshot"), TwoDigits);

        double Effective(string model) => models.Single(m => m.Name == model) is var m ? line.EffectiveRobustness(m.Rate(of), m.Rate(shifted)) : 0;
    }

    [Fact]
    public void Fit_ModelsOnALine_FindsIt()
    {
        var line = ClipRobustnessLine.Fit([.. new[] { 0.2, 0.5, 0.9 }.Select(a => (a, Back((0.8 * Logit(a)) - 1)))]);

        Assert.Equal(0.8, line.Slope, EvaluationGolden.Sums);
        Assert.Equal(-1, line.Intercept, EvaluationGolden.Sums);
        Assert.Equal(1, line.Correlation, EvaluationGolden.Sums);
        Assert.Equal(Back(-1), line.Expect(0.5), EvaluationGolden.Sums);
        Assert.Equal(0.1, line.EffectiveRobustness(0.5, Back(-1) + 0.1), EvaluationGolden.Sums);
        Assert.Equal((0, 1), (line.Expect(0), line.Expect(1)));
    }

    [Theory]
    [InlineData(0, 0.5)]
    [InlineData(0.5, 1)]
    [InlineData(double.NaN, 0.5)]
    [InlineData(0.5, 76.2)]
    public void Fit_AccuracyWithoutALogit_IsNamed(double of, double shifted) => Assert.Contains("Model 1",
        Assert.Throws<ArgumentException>(() => ClipRobustnessLine.Fit([(0.5, 0.4), (of, shifted)])).Message, StringComparison.Ordinal);

    [Fact]
    public void Fit_OnePlace_IsNoLine()
    {
        Assert.Throws<ArgumentException>(() => ClipRobustnessLine.Fit([(0.5, 0.4), (0.5, 0.3)]));
        Assert.Throws<ArgumentException>(() => ClipRobustnessLine.Fit([]));
    }

    [Theory]
    [InlineData(0, 200, 0.0025)]
    [InlineData(200, 200, 0.9975)]
    [InlineData(50, 200, 0.25)]
    public void Rate_HasALogit(long hits, long count, double rate) => Assert.Equal(rate, ClipRobustnessLine.Rate(hits, count), EvaluationGolden.Sums);

    [Theory]
    [InlineData(0, 200)]
    [InlineData(200, 200)]
    [InlineData(50, 200)]
    [InlineData(1, 1)]
    public void Bar_IsTheInterval_WithEndsThatHaveALogit(long hits, long count)
    {
        var bar = ClipRobustnessLine.Bar(hits, count);
        var interval = ClipInterval.ClopperPearson(hits, count);

        Assert.All([bar.Lower, bar.Upper], end => Assert.True(double.IsFinite(Logit(end))));
        Assert.Equal(hits == 0 ? 0.5 / count : interval.Lower, bar.Lower);
        Assert.Equal(hits == count ? 1 - (0.5 / count) : interval.Upper, bar.Upper);
        Assert.InRange(ClipRobustnessLine.Rate(hits, count), bar.Lower, bar.Upper);
    }

    [Fact]
    public void Band_HoldsTheLine_IsNarrowWhereModelsAre_AndTheSameForASeed()
    {
        var random = new Random(1);
        double[] accuracies = [.. Enumerable.Range(0, 60).Select(_ => 0.5 + (0.3 * random.NextDouble()))];
        var line = ClipRobustnessLine.Fit([.. accuracies.Select(a => (a, Back(Logit(a) - 1 + (0.2 * random.NextDouble()))))]);
        double[] places = [0.1, 0.65, 0.99];

        var band = line.Band(places, seed: 3);

        Assert.All(places.Zip(band), p => Assert.InRange(line.Expect(p.First), p.Second.Lower, p.Second.Upper));
        Assert.True(Width(1) < Width(0) && Width(1) < Width(2));
        Assert.Equal(band, line.Band(places, seed: 3));
        Assert.NotEqual(band, line.Band(places, seed: 4));
        Assert.Throws<ArgumentOutOfRangeException>(() => line.Band([1.0]));

        double Width(int i) => Logit(band[i].Upper) - Logit(band[i].Lower);
    }

    private static double Logit(double rate) => Math.Log(rate / (1 - rate));

    private static double Back(double logit) => 1 / (1 + Math.Exp(-logit));
}
