namespace Microsoft.ML.Clip.Tests;

public sealed class ClipClassSubsetTests
{
    // Of five classes: the best of the first row is the last one, which the subset does not have.
    private static readonly float[] Scores =
    [
        0.1f, 0.3f, 0.05f, 0.05f, 0.5f,
        0.4f, 0.1f, 0.2f, 0.2f, 0.1f,
    ];

    [Fact]
    public void Restrict_TakesScoresOfTheClassesThatAreLeft() =>
        Assert.Equal([0.3f, 0.1f, 0.1f, 0.4f], new ClipClassSubset(5, [1, 0]).Restrict(Scores));

    /// <summary>0.2 + 0.2 would be as good as 0.4, and 0.3 + 0.05 better than all: the highest counts, not the sum.</summary>
    [Fact]
    public void Restrict_Groups_HaveTheHighestScoreOfTheirClasses() =>
        Assert.Equal([0.3f, 0.05f, 0.1f, 0.2f, 0.2f, 0.4f], new ClipClassSubset(5, [[1, 2], [3], [0]]).Restrict([.. Scores.AsSpan()]));

    [Fact]
    public void Measure_CountsTheBestOfWhatIsLeft()
    {
        var result = new ClipClassSubset(5, [1, 0], ["one", "zero"]).Measure(Scores, [0, 0]);

        Assert.Equal((2, 1), (result.Count, result.Hits));
        Assert.Equal(["one", "zero"], result.Classes.Select(c => c.Name));
        Assert.Null(result.CalibrationError);
    }

    [Fact]
    public void MeasureBase_LeavesRowsOfOtherClassesOut()
    {
        var subset = new ClipClassSubset(5, [[1, 2], [0, 3]]);

        var result = subset.MeasureBase([.. Scores, .. Scores], [2, 4, 4, 3]);

        Assert.Equal((2, 2), (result.Count, result.Hits));
        Assert.Equal([1, 0, 0, 1, null], Enumerable.Range(0, 5).Select(subset.LabelOf));
        Assert.Throws<InvalidOperationException>(() => subset.MeasureBase(Scores, [4, 4]));
    }

    [Fact]
    public void WhatDoesNotFit_IsNamed()
    {
        Assert.Contains("at least one class", Message(() => _ = new ClipClassSubset(5, Array.Empty<int>())), StringComparison.Ordinal);
        Assert.Contains("class 1 (counted from 0), is made of class 5; expected one from 0 to 4", Message(() => _ = new ClipClassSubset(5, [0, 5])), StringComparison.Ordinal);
        Assert.Contains("'b', class 1 (counted from 0), is made of class 3", Message(() => _ = new ClipClassSubset(5, [3, 3], ["a", "b"])), StringComparison.Ordinal);
        Assert.Contains("class 1 (counted from 0), is made of no class", Message(() => _ = new ClipClassSubset(5, [[0], []])), StringComparison.Ordinal);
        Assert.Contains("a name for each", Message(() => _ = new ClipClassSubset(5, [0, 1], ["a"])), StringComparison.Ordinal);
        var subset = new ClipClassSubset(2, [1]);
        Assert.Contains("3 scores; expected rows of 2", Message(() => subset.Restrict([1, 2, 3])), StringComparison.Ordinal);
        Assert.Contains("Row 1 (counted from 0) has the score NaN for class 0", Message(() => subset.Restrict([1, 2, float.NaN, 1])), StringComparison.Ordinal);
        Assert.Contains("Row 1 (counted from 0) has the score 0 for all 1 classes", Message(() => subset.Restrict([1, 2, 1, 0])), StringComparison.Ordinal);
        Assert.Contains("Row 1 (counted from 0) has the label 1; expected 0 to 0", Message(() => subset.Measure([1, 2, 1, 2], [0, 1])), StringComparison.Ordinal);
        Assert.Contains("has the label -1", Message(() => subset.Measure([1, 2], [-1])), StringComparison.Ordinal);
        Assert.Contains("2 scores and 2 labels; expected 2 for each", Message(() => subset.MeasureBase([1, 2], [0, 1])), StringComparison.Ordinal);
        Assert.Throws<ArgumentOutOfRangeException>(() => subset.MeasureBase([1, 2], [2]));

        static string Message(Action action) => Assert.Throws<ArgumentException>(action).Message;
    }
}
