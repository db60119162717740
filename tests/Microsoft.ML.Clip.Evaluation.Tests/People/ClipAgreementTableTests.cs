namespace Microsoft.ML.Clip.Tests;

public sealed class ClipAgreementTableTests
{
    private static readonly ClipHumanAnswer[] Answers =
    [
        new("b", "1", 0, 0), new("b", "2", 1, 1), new("b", "3", 0, 1), new("b", "4", 1, 1),
        new("a", "1", 0, 0), new("a", "2", 1, 0), new("a", "3", 0, 1), new("a", "4", 1, null),
        new("c", "9", 0, 0),
        .. ClipModelAnswers.Of("model", ["1", "2", "3", "4"], [0, 1, 0, 1], [0.9f, 0.1f, 0.4f, 0.6f, 0.5f, 0.5f, 1, 0]),
    ];

    [Fact]
    public void Of_AllPairs_AreThoseOfTwoObservers()
    {
        var table = ClipAgreementTable.Of(Answers, "model");

        Assert.Equal(["a", "b", "c"], table.People);
        Assert.Equal(["model"], table.Models);
        Assert.Equal([("a", "b"), ("a", "model"), ("b", "model")], table.Pairs.Select(p => (p.First, p.Second)));
        Assert.All(table.Pairs, p => Assert.Equal(ClipAgreement.Of(Answers, p.First, p.Second), p.Agreement));
        Assert.Equal(3, table.WithoutImages);
        Assert.Equal((1, 0.5), (table.AmongPeople.Pairs, table.AmongPeople.SameAnswer));
        Assert.Equal(table.WithModel("model"), table.BetweenPeopleAndModels);
        Assert.Equal(2, table.BetweenPeopleAndModels.Pairs);
        Assert.Equal(table.Pairs.Skip(1).Average(p => p.Agreement.Kappa), table.BetweenPeopleAndModels.Kappa, EvaluationGolden.Sums);
        Assert.Equal(table.Pairs.Skip(1).Average(p => p.Agreement.ErrorConsistency), table.BetweenPeopleAndModels.ErrorConsistency, EvaluationGolden.Sums);
        Assert.Equal((0, double.NaN), (table.AmongModels.Pairs, table.AmongModels.Kappa));
    }

    /// <summary>Two who are always right have no consistency of errors, and one pair of them must not make the mean NaN.</summary>
    [Fact]
    public void Of_PairsWithoutAConsistency_AreCountedAndLeftOut()
    {
        var table = ClipAgreementTable.Of([new("a", "1", 0, 0), new("a", "2", 1, 1), new("b", "1", 0, 0), new("b", "2", 1, 1), new("c", "1", 0, 1), new("c", "2", 1, 1)]);

        Assert.Equal((3, 1, 0), (table.AmongPeople.Pairs, table.AmongPeople.WithoutConsistency, table.AmongPeople.WithoutKappa));
        Assert.Equal(0, table.AmongPeople.ErrorConsistency);
    }

    [Fact]
    public void Of_WhatDoesNotFit_IsNamed()
    {
        Assert.Contains("'other' has no answer", Assert.Throws<ArgumentException>(() => ClipAgreementTable.Of(Answers, "other")).Message, StringComparison.Ordinal);
        Assert.Contains("one observer, 'c'", Assert.Throws<ArgumentException>(() => ClipAgreementTable.Of([new("c", "9", 0, 0)])).Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => ClipAgreementTable.Of(Answers, "model").WithModel("a"));
    }

    /// <summary>A data set of folders calls an image by its class and file, people's answers by its file alone.</summary>
    [Fact]
    public void Of_AModelThatNamesImagesOtherwise_IsAnError()
    {
        var other = ClipModelAnswers.Of("other", ["class/1", "class/2"], [0, 1], [1, 0, 0, 1]);

        var e = Assert.Throws<ArgumentException>(() => ClipAgreementTable.Of([.. Answers, .. other], "model", "other"));

        Assert.Contains("'other' has no image in common with anybody: its first is 'class/1', that of 'a' is '1'", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void ModelAnswers_AreTheBestClass_OrNone()
    {
        float[] scores = [0.2f, 0.5f, 0.3f, 0.4f, 0.4f, 0.2f];

        Assert.Equal([new("m", "x", 1, 1), new("m", "y", 2, 0)], ClipModelAnswers.Of("m", ["x", "y"], [1, 2], scores));
        Assert.Equal([new("m", "x", 1, 1), new("m", "y", 2, null)], ClipModelAnswers.Of("m", ["x", "y"], [1, 2], scores, minimumScore: 0.5f));
        Assert.Contains("Row 1 (counted from 0) has the label 3", Message(["x", "y"], [1, 3], scores), StringComparison.Ordinal);
        Assert.Contains("NaN for class 1", Message(["x"], [0], [0, float.NaN]), StringComparison.Ordinal);
        Assert.Contains("2 images, 1 labels", Message(["x", "y"], [0], scores), StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => ClipModelAnswers.Of("m", ["x"], [0], [1, 2], float.NaN));

        static string Message(string[] images, int[] labels, float[] scores) =>
            Assert.Throws<ArgumentException>(() => ClipModelAnswers.Of("m", images, labels, scores)).Message;
    }
}
