namespace Microsoft.ML.Clip.Tests;

public sealed class ClipShotGainTests
{
    // Two people, three images. Before, "a" does not know the second, "b" the third, and "b" is wrong about the second.
    private static readonly ClipHumanAnswer[] Before =
    [
        new("a", "1", 0, 0), new("a", "2", 1, null), new("a", "3", 1, 1),
        new("b", "1", 0, 0), new("b", "2", 1, 0), new("b", "3", 1, null),
    ];

    // "a" is then right about the second, but no longer about the third; "b" about the third, and did not see the first; "c" is new.
    private static readonly ClipHumanAnswer[] After =
    [
        new("a", "1", 0, 0), new("a", "2", 1, 1), new("a", "3", 1, 0),
        new("b", "2", 1, 0), new("b", "3", 1, 1), new("c", "1", 0, 0),
    ];

    [Fact]
    public void Split_ByPeoplesOwnDoubt_WorkedByHand()
    {
        var split = ClipGainSplit.Of(Before, After);

        Assert.Equal(new ClipGainPart(new(2, 3), new(1, 3)), split.Sure);
        Assert.Equal(new ClipGainPart(new(0, 2), new(2, 2)), split.Unsure);
        Assert.Equal(new ClipGainPart(new(2, 5), new(3, 5)), split.All);
        Assert.Equal((1, 2), (split.Unsure.Gain, split.Unmatched));
        // One more answer is right altogether, and two are where there was doubt.
        Assert.Equal(2, split.ShareOfUnsure);
    }

    [Fact]
    public void Split_ByImages_TakesWhatPeopleWereUnsureOf()
    {
        var unsure = ClipGainSplit.UnsureImages(Before);
        ClipHumanAnswer[] probe0 = [new("probe", "1", 0, 1), new("probe", "2", 1, 0), new("probe", "3", 1, 1)];
        ClipHumanAnswer[] probe1 = [new("probe", "1", 0, 0), new("probe", "2", 1, 1), new("probe", "3", 1, 1)];

        var split = ClipGainSplit.Of(probe0, probe1, unsure);

        Assert.Equal(["2", "3"], unsure.Order(StringComparer.Ordinal));
        Assert.Empty(ClipGainSplit.UnsureImages(Before, 0.6));
        Assert.Equal(new ClipGainPart(new(0, 1), new(1, 1)), split.Sure);
        Assert.Equal(new ClipGainPart(new(1, 2), new(2, 2)), split.Unsure);
        Assert.Equal(0.5, split.ShareOfUnsure);
        Assert.Null(ClipGainSplit.Of(probe0, probe0, unsure).ShareOfUnsure);
    }

    [Fact]
    public void Split_WhatDoesNotFit_IsNamed()
    {
        Assert.Throws<ArgumentException>(() => ClipGainSplit.Of(Before, [new("c", "1", 0, 0)]));
        Assert.Contains("'1' has the label 0 before and 1 after", Assert.Throws<ArgumentException>(() => ClipGainSplit.Of(Before, [new("a", "1", 1, 0)])).Message,
            StringComparison.Ordinal);
        Assert.Throws<ArgumentOutOfRangeException>(() => ClipGainSplit.UnsureImages(Before, 0));
    }

    [Fact]
    public void ShotGain_OfPeopleAndProbes_StandsSideBySide()
    {
        var people = ClipShotGain.OfPeople("people", new Dictionary<int, IReadOnlyList<ClipHumanAnswer>> { [1] = After[..3], [0] = Before });
        var probe = ClipShotGain.Of("probe", new ClipShotScore(2, 0.6), new ClipShotScore(1, 0.4));

        Assert.Equal([0, 1], people.Scores.Select(s => s.Shots));
        Assert.Equal(ClipHumanResult.Of(Before).OfAll.MeanPerClass, people.Scores[0].Score);
        Assert.Equal(0.75 - ((0.75 + 0.5) / 2), people.Gain(0, 1), EvaluationGolden.Sums);
        Assert.Equal(0.2, probe.Gain(1, 2), EvaluationGolden.Sums);
        Assert.Contains("no score with 4 examples; there are those with 1, 2", Assert.Throws<ArgumentException>(() => probe.Gain(1, 4)).Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => ClipShotGain.Of("probe"));
        Assert.Contains("'probe' has the score 40", Assert.Throws<ArgumentException>(() => ClipShotGain.Of("probe", new ClipShotScore(1, 40))).Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => ClipShotGain.Of("probe", new ClipShotScore(1, 0.4), new ClipShotScore(1, 0.5)));
    }

    [Fact]
    public void Attention_KeepsAnswersOfThoseWhoPass()
    {
        var check = ClipAttentionCheck.Of(Before, minimum: 0.5);

        Assert.Equal([KeyValuePair.Create("a", new ClipHits(2, 3)), KeyValuePair.Create("b", new ClipHits(1, 3))], check.Observers);
        Assert.Equal(["a"], check.Passed);
        Assert.Equal(["b"], check.Failed);
        var (kept, leftOut) = check.Keep(After);
        Assert.Equal(After[..3], kept);
        Assert.Equal(3, leftOut);
        Assert.Throws<ArgumentOutOfRangeException>(() => ClipAttentionCheck.Of(Before, double.NaN));
        Assert.Throws<ArgumentException>(() => ClipAttentionCheck.Of([]));
    }
}
