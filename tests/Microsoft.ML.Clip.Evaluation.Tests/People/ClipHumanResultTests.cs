using System.Formats.Tar;
using System.IO.Compression;

namespace Microsoft.ML.Clip.Tests;

public sealed class ClipHumanResultTests
{
    private const double OneDigit = 5e-4;

    /// <summary>
    /// Geirhos et al. 2019, ten people and 160 drawings of edges; the rates are those of an implementation of its own, in percent with one digit.
    /// </summary>
    [Fact]
    public void Of_PeopleOnEdges_HasTheRatesOfTheData()
    {
        var answers = Edges();

        var result = ClipHumanResult.Of(answers.Where(a => a.Observer.StartsWith("subject", StringComparison.Ordinal)));

        Assert.Equal((10, 160, 1600), (result.Observers, result.Images, result.Answers));
        Assert.Equal(0.871, result.OfAll.Accuracy, OneDigit);
        Assert.Equal(0.888, result.OfGuesses.Accuracy, OneDigit);
        Assert.Equal(0.994, result.Majority.Accuracy, OneDigit);
        Assert.Equal((154, 6), (result.Majority.Images, result.Majority.Ties));
        Assert.Equal(0.400, ClipHumanResult.Of(answers.Where(a => a.Observer == "alexnet")).OfAll.Accuracy, OneDigit);
        Assert.Equal(0.244, ClipHumanResult.Of(answers.Where(a => a.Observer == "vgg")).OfAll.Accuracy, OneDigit);
    }

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

    private static ClipHumanAnswer[] Edges()
    {
        using var file = File.OpenRead(SharedFolder.Require("data/eval/geirhos-edges.tar.gz"));
        using var tar = new TarReader(new GZipStream(file, CompressionMode.Decompress));
        var answers = new List<ClipHumanAnswer>();
        var classes = new Dictionary<string, int>();
        while (tar.GetNextEntry() is { } entry)
        {
            if (!entry.Name.EndsWith(".csv", StringComparison.Ordinal))
            {
                continue;
            }
            // subj,session,trial,rt,object_response,category,condition,imagename; before the image's own name stands the trial.
            const StringSplitOptions Clean = StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries;
            foreach (string line in new StreamReader(entry.DataStream!).ReadToEnd().Split('\n', Clean).Skip(1))
            {
                string[] fields = line.Split(',');
                answers.Add(new(fields[0], fields[7][fields[7].LastIndexOf('_')..], Class(fields[5]), fields[4] == "na" ? null : Class(fields[4])));
            }
        }
        return [.. answers];

        int Class(string name) => classes.TryGetValue(name, out int known) ? known : classes[name] = classes.Count;
    }
}
