namespace Microsoft.ML.Clip.Tests;

public sealed class ClipHumanResultTests
{
    /// <summary>By hand: two people, three images of two classes.</summary>
    [Fact]
    public void Of_AFewAnswers_WorkedByHand()
    {
        var result = ClipHumanResult.Of(
        [
            new("a", "1", 0, 0), new("a", "2", 0, 1), new("a", "3", 1, null),
            new("b", "1", 0, 0), new("b", "2", 0, null), new("b", "3", 1, null),
        ]);

        Assert.Equal(new ClipHumanRate((1 / 3.0 + 1 / 3.0) / 2, (0.25 + 0.25) / 2), result.OfAll);
        // Of a's two guesses one is right, b's one is; neither guesses at the other class.
        Assert.Equal(new ClipHumanRate((0.5 + 1) / 2, (0.5 + 1) / 2), result.OfGuesses);
        // 1 is right; 2 is a tie between an answer and none; at 3 nobody knows, which is wrong.
        Assert.Equal(new ClipMajorityRate(0.5, 0.5, 2, 1), result.Majority);
        // Of the guesses, 1 is right, and 2 is wrong.
        Assert.Equal(new ClipMajorityRate(0.5, 0.5, 2, 0), result.MajorityOfGuesses);
        Assert.Equal((6, 3), (result.Answers, result.Guesses));
    }

    [Fact]
    public void Of_NobodyKnows_HasNoRateOfGuesses()
    {
        var result = ClipHumanResult.Of([new("a", "1", 0, null)]);

        Assert.Equal((0, double.NaN, double.NaN), (result.OfAll.Accuracy, result.OfGuesses.Accuracy, result.MajorityOfGuesses.Accuracy));
    }

    [Fact]
    public void Of_AnswersThatContradictEachOther_NamesThem()
    {
        Assert.Throws<ArgumentException>(() => ClipHumanResult.Of([]));
        Assert.Contains("'1' has the labels 0 and 1", Message(new("a", "1", 0, 0), new("b", "1", 1, 0)), StringComparison.Ordinal);
        Assert.Contains("'a' answers twice to '1'", Message(new("a", "1", 0, 0), new("a", "1", 0, 1)), StringComparison.Ordinal);
        Assert.Contains("count from 0", Message(new ClipHumanAnswer("a", "1", 0, -1)), StringComparison.Ordinal);

        static string Message(params ClipHumanAnswer[] answers) => Assert.Throws<ArgumentException>(() => ClipHumanResult.Of(answers)).Message;
    }

    [Fact]
    public void Agreement_EqualsScikitLearn() => Assert.All(EvaluationGolden.Instance.Agreements, c =>
    {
        var answers = c.Labels.SelectMany((label, i) => new[] { ("a", c.First[i]), ("b", c.Second[i]) }
            .Select(o => new ClipHumanAnswer(o.Item1, $"{i}", label, o.Item2 < 0 ? null : o.Item2))).ToArray();

        var agreement = ClipAgreement.Of(answers, "a", "b");

        Assert.Equal(c.Labels.Length, agreement.Images);
        Assert.Equal(c.Kappa, agreement.Kappa, EvaluationGolden.Sums);
        Assert.Equal(c.ErrorConsistency, agreement.ErrorConsistency, EvaluationGolden.Sums);
        Assert.Equal(c.First.Zip(c.Second).Average(p => p.First == p.Second ? 1.0 : 0), agreement.SameAnswer, EvaluationGolden.Sums);
    });

    [Fact]
    public void Agreement_WithoutACommonImage_IsRefused() =>
        Assert.Throws<ArgumentException>(() => ClipAgreement.Of([new("a", "1", 0, 0), new("b", "2", 0, 0)], "a", "b"));

    [Fact]
    public void Difficulty_OrdersClassesByTheModelsConfidence()
    {
        ClipHumanAnswer[] answers = [new("a", "1", 0, 0), new("a", "2", 1, 0), new("b", "2", 1, 1), new("a", "3", 2, 0), new("a", "4", 7, 7)];

        var difficulty = ClipDifficulty.Of(answers, [0, 0, 1, 2, 5], [0.5f, 1, 0.5f, 0.25f, 1]);

        Assert.Equal([new(2, 0.25, 0), new(1, 0.5, 0.5), new(0, 0.75, 1)], difficulty.Classes);
        Assert.Equal(1, difficulty.RankCorrelation, EvaluationGolden.Sums);
        Assert.Throws<ArgumentException>(() => ClipDifficulty.Of(answers, [5], [1]));
        Assert.Throws<ArgumentException>(() => ClipDifficulty.Of(answers, [0], [float.NaN]));
    }
}
