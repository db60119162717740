namespace Microsoft.ML.Clip.Tests;

public sealed class RegularizationSweepTests
{
    [Theory]
    [InlineData(-6)]
    [InlineData(-5.9)]
    [InlineData(-0.4)]
    [InlineData(0)]
    [InlineData(0.5)]
    [InlineData(2.875)]
    [InlineData(6)]
    public void Search_OnePeak_FindsItToAnEighthOfADecade(double peak)
    {
        var tried = new List<double>();

        string best = RegularizationSweep.Search<string>((l2, _) =>
        {
            tried.Add(Math.Log10(l2));
            return l2.ToString("R", System.Globalization.CultureInfo.InvariantCulture);
        }, (a, b) => Math.Abs(Log(a) - peak) < Math.Abs(Log(b) - peak));

        Assert.Equal(peak, Log(best), 1 / 16.0 + 1e-9);
        Assert.Equal([6, 4, 2, 0, -2, -4, -6], tried.Take(7).Select(t => Math.Round(t, 9)));
        Assert.InRange(tried.Count, 11, 15);
        Assert.Equal(tried.Count, tried.Distinct().Count());
        Assert.All(tried, t => Assert.Equal(Math.Round(t * 8), t * 8, 1e-9));
    }

    [Fact]
    public void Search_EachTrial_StartsFromTheNearestResultThatIsStillHeld()
    {
        var released = new HashSet<string>();

        RegularizationSweep.Search<string>((l2, near) =>
        {
            Assert.True(near is null ? l2 == 1e6 : !released.Contains(near) && Math.Abs(Math.Log10(l2) - Log(near)) <= 2 + 1e-9);
            return l2.ToString("R", System.Globalization.CultureInfo.InvariantCulture);
        }, (a, b) => Math.Abs(Log(a) + 1.3) < Math.Abs(Log(b) + 1.3), r => released.Add(r));

        Assert.NotEmpty(released);
    }

    [Fact]
    public void Full_Is96ValuesFromEndToEnd()
    {
        double[] values = [.. RegularizationSweep.Full];

        Assert.Equal(96, values.Length);
        Assert.Equal(1e6, values[0], 1e-3);
        Assert.Equal(1e-6, values[^1], 1e-15);
        Assert.All(values.Zip(values.Skip(1)), p => Assert.Equal(12 / 95.0, Math.Log10(p.First / p.Second), 1e-9));
    }

    [Theory]
    [InlineData(0.2, 1000, 200)]
    [InlineData(0.1, 37, 4)]
    [InlineData(0.5, 1, 0)]
    [InlineData(0.9, 10, 9)]
    public void IsValidation_ManyRows_KeepsTheShareOfEachClass(double fraction, int rows, int expected)
    {
        for (int seed = 0; seed < 20; seed++)
        {
            var splitter = new StratifiedSplitter(2, fraction, new Random(seed));
            bool[] first = [.. Enumerable.Range(0, rows).Select(_ => splitter.IsValidation(0))];
            Assert.InRange(first.Count(v => v), expected - 1, expected + 1);
            Assert.False(first[0]);
            Assert.False(splitter.IsValidation(1));
        }
    }

    private static double Log(string value) => Math.Log10(double.Parse(value, System.Globalization.CultureInfo.InvariantCulture));
}
