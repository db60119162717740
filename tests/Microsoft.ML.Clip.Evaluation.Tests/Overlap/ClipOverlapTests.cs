namespace Microsoft.ML.Clip.Tests;

public sealed class ClipOverlapTests
{
    /// <summary>Sums of a binomial, relative, as p values may be small.</summary>
    private const double Relative = 1e-9;

    [Fact]
    public void AtLeast_EqualsScipy() => Assert.All(EvaluationGolden.Instance.Binomials, c =>
    {
        double ours = ClipOverlap.AtLeast(c.Hits, c.Count, c.Rate);
        // Below what double holds, both are 0.
        Assert.True(c.Greater < 1e-300 ? ours < 1e-300 : Math.Abs((ours / c.Greater) - 1) < Relative, $"{c}: {ours}");
    });

    /// <summary>By hand: of ten rows four overlap, of which three are right; of six clean ones three are.</summary>
    [Fact]
    public void Of_TenRows_WorkedByHand()
    {
        var overlap = ClipOverlap.Of("set", [true, true, true, false, true, true, true, false, false, false],
            [true, true, true, true, false, false, false, false, false, false]);

        Assert.Equal((new ClipHits(3, 4), new ClipHits(3, 6), new ClipHits(6, 10)), (overlap.Overlap, overlap.Clean, overlap.All));
        Assert.Equal(0.4, overlap.Contamination);
        Assert.Equal(0.1, overlap.Inflation!.Value, EvaluationGolden.Sums);
        Assert.Equal(0.25, overlap.Difference);
        // Of four rows three or four right, where half are: (4 + 1) / 16.
        Assert.Equal(5 / 16.0, overlap.PValue!.Value, EvaluationGolden.Sums);
        Assert.Equal(ClipInterval.ClopperPearson(3, 4).Lower - 0.5, overlap.DifferenceInterval!.Value.Lower, EvaluationGolden.Sums);
        Assert.Equal(ClipInterval.ClopperPearson(3, 4).Upper - 0.5, overlap.DifferenceInterval.Value.Upper, EvaluationGolden.Sums);
    }

    [Fact]
    public void IsSignificant_HoldsThePValueAgainstItsPartOfTheLevel()
    {
        // 20 of 20 right where half are: about 1e-6.
        var overlap = ClipOverlap.Of("set", [.. Enumerable.Repeat(true, 20), true, false], [.. Enumerable.Repeat(true, 20), false, false]);

        Assert.Equal(Math.Pow(0.5, 20), overlap.PValue!.Value, EvaluationGolden.Sums);
        Assert.True(overlap.IsSignificant(35));
        Assert.False(overlap.IsSignificant(60_000));
        Assert.Throws<ArgumentOutOfRangeException>(() => overlap.IsSignificant(0));
    }

    [Fact]
    public void Of_NothingOrEverythingOverlaps_HasNoDifference()
    {
        var none = ClipOverlap.Of("set", [true, false], [false, false]);
        var all = ClipOverlap.Of("set", [true, false], [true, true]);

        Assert.Equal((0, 0), (none.Contamination, none.Inflation));
        Assert.Null(none.Difference);
        Assert.Null(none.PValue);
        Assert.Null(none.DifferenceInterval);
        Assert.False(none.IsSignificant(1));
        Assert.Equal(1, all.Contamination);
        Assert.Null(all.Inflation);
        Assert.Null(all.PValue);
    }

    /// <summary>All clean rows right, or none: the test has nothing to gain, or everything is a gain.</summary>
    [Theory]
    [InlineData(true, 1)]
    [InlineData(false, 0)]
    public void PValue_CleanRowsOfOneKind_IsNoNaN(bool clean, double p) =>
        Assert.Equal(p, ClipOverlap.Of("set", [true, false, clean], [true, true, false]).PValue);

    [Fact]
    public void Of_NearestRows_OverlapFromTheThresholdOn()
    {
        ClipDuplicate[] nearest = [new(2, 7, 0.99f), new(0, 3, 0.9f), new(1, 3, 0.5f)];

        Assert.Equal(new ClipHits(1, 2), ClipOverlap.Of("set", [true, true, false], nearest, 0.9f).Overlap);
        Assert.Contains("a pair of row 2", Message([new(2, 7, 0.99f), new(2, 3, 0.9f), new(1, 3, 0.5f)], 0.9), StringComparison.Ordinal);
        Assert.Contains("2 pairs for the 3 rows", Message(nearest[..2], 0.9), StringComparison.Ordinal);
        Assert.Contains("NaN", Message(nearest, double.NaN), StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => ClipOverlap.Of("set", [true], []));

        static string Message(ClipDuplicate[] nearest, double threshold) =>
            Assert.Throws<ArgumentException>(() => ClipOverlap.Of("set", [true, true, false], nearest, threshold)).Message;
    }
}
