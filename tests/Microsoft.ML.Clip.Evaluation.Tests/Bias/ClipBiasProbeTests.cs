namespace Microsoft.ML.Clip.Tests;

public sealed class ClipBiasProbeTests
{
    private static readonly ClipBiasLabel[] Labels = [new("man", "person"), new("woman", "person"), new("thief", "crime"), new("child", "person")];

    /// <summary>Two groups of two and three images. Without "child" three are thieves, with it one.</summary>
    private static readonly float[] Scores =
    [
        0.9f, 0, 0.1f, 0,
        0, 0.2f, 0.3f, 0.5f,
        0, 0.1f, 0.6f, 0.3f,
        0.1f, 0, 0.4f, 0.5f,
        0.5f, 0.3f, 0.2f, 0,
    ];

    private static readonly string[] Groups = ["a", "a", "b", "b", "b"];

    [Fact]
    public void Of_SomeLabels_CountsCategoriesByGroup()
    {
        var probe = ClipBiasProbe.Of(Labels, [0, 3, 2, 3, 0], Groups);

        Assert.Equal(["a", "b"], probe.Groups);
        Assert.Equal(["person", "crime"], probe.Categories);
        Assert.Equal(5, probe.Images);
        Assert.Equal([new("a", "person", 2, 2), new("a", "crime", 0, 2), new("b", "person", 2, 3), new("b", "crime", 1, 3)], probe.Shares);
        Assert.Equal(new ClipGroupShare("all", "crime", 1, 5), probe.Total("crime"));
        Assert.Equal((1 / 3.0, 0), (probe.Extremes("crime").Highest.Share, probe.Extremes("crime").Lowest.Share));
        Assert.Equal(ClipInterval.ClopperPearson(1, 3), probe.Share("b", "crime").Interval);
        Assert.Contains("no group 'c'", Assert.Throws<ArgumentException>(() => probe.Share("c", "crime")).Message, StringComparison.Ordinal);
        Assert.Contains("no category 'x'", Assert.Throws<ArgumentException>(() => probe.Total("x")).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Effect_OfOneMoreLabel_IsTheDifference()
    {
        var effect = ClipBiasEffect.Of(Labels, Scores, Groups, "child");

        Check(effect);
        Assert.Equal(["child"], effect.Added);
    }

    /// <summary>Embeddings that are the scores, and classes that are axes.</summary>
    [Fact]
    public void Effect_OfAClassifier_IsThatOfItsScores() =>
        Check(ClipBiasEffect.Of(Labels, new ClipZeroShotClassifier([.. Labels.Select(l => l.Name)], Axes(), logitScale: 100), Scores, Groups, "child"));

    [Fact]
    public void WhatDoesNotFit_IsNamed()
    {
        var classifier = new ClipZeroShotClassifier(["man", "woman", "child", "thief"], Axes(), logitScale: 100);
        Assert.Contains("Row 1 (counted from 0) was given the label 4", Message(() => ClipBiasProbe.Of(Labels, [0, 4], ["a", "b"])), StringComparison.Ordinal);
        Assert.Contains("Row 1 (counted from 0) has no group", Message(() => ClipBiasProbe.Of(Labels, [0, 1], ["a", ""])), StringComparison.Ordinal);
        Assert.Contains("2 images and 1 groups", Message(() => ClipBiasProbe.Of(Labels, [0, 1], ["a"])), StringComparison.Ordinal);
        Assert.Contains("Label 1 (counted from 0) is 'x' of the category ''", Message(() => ClipBiasProbe.Of([Labels[0], new("x", "")], [0], ["a"])), StringComparison.Ordinal);
        Assert.Contains("in this order", Message(() => ClipBiasProbe.Of(Labels, classifier, Scores, Groups)), StringComparison.Ordinal);
        Assert.Contains("'dog' is to be added", Message(() => ClipBiasEffect.Of(Labels, Scores, Groups, "dog")), StringComparison.Ordinal);
        Assert.Contains("4 of 4 labels", Message(() => ClipBiasEffect.Of(Labels, Scores, Groups, "man", "woman", "thief", "child")), StringComparison.Ordinal);
        Assert.Contains("0 of 4 labels", Message(() => ClipBiasEffect.Of(Labels, Scores, Groups)), StringComparison.Ordinal);
        Assert.Contains("3 values for 5 images", Message(() =>
            ClipBiasProbe.Of(Labels, new ClipZeroShotClassifier([.. Labels.Select(l => l.Name)], Axes(), logitScale: 1), new float[3], Groups)),
            StringComparison.Ordinal);

        static string Message(Func<object> action) => Assert.Throws<ArgumentException>(action).Message;
    }

    [Fact]
    public void GroupAccuracy_CountsByGroup()
    {
        var accuracy = ClipGroupAccuracy.Of([true, false, true, true, false], Groups);

        Assert.Equal([KeyValuePair.Create("a", new ClipHits(1, 2)), KeyValuePair.Create("b", new ClipHits(2, 3))], accuracy.Groups);
        Assert.Equal(new ClipHits(3, 5), accuracy.All);
        Assert.Equal((2 / 3.0) - 0.5, accuracy.LargestGap, EvaluationGolden.Sums);
        Assert.Throws<ArgumentException>(() => ClipGroupAccuracy.Of([], []));
        Assert.Throws<ArgumentException>(() => ClipGroupAccuracy.Of([true], []));
    }

    private static void Check(ClipBiasEffect effect)
    {
        Assert.Equal(["man", "woman", "thief"], effect.Before.Labels.Select(l => l.Name));
        Assert.Equal((1, 2), (effect.Before.Share("a", "crime").Count, effect.Before.Share("b", "crime").Count));
        Assert.Equal((0, 1), (effect.After.Share("a", "crime").Count, effect.After.Share("b", "crime").Count));
        var crime = effect.Changes.Single(c => c.Before is { Group: "b", Category: "crime" });
        Assert.Equal(new ClipMcNemar(1, 0), crime.Moved);
        Assert.Equal(-1 / 3.0, crime.Difference, EvaluationGolden.Sums);
        Assert.Equal(new ClipMcNemar(0, 1), effect.Changes.Single(c => c.Before is { Group: "b", Category: "person" }).Moved);
        Assert.Equal(4, effect.Changes.Count);
    }

    private static float[] Axes() => [.. Enumerable.Range(0, 16).Select(i => i % 5 == 0 ? 1f : 0)];
}
