namespace Microsoft.ML.Clip.Tests;

/// <summary>Images that show more than one group: what a teacher says of them.</summary>
public sealed class GroupShareTests
{
    private static readonly ClipContrastiveTrainer.Options Options =
        TrainingFixture.Options(SmallArchitectures.VisionTransformer, loss: ClipTrainingLoss.MultiPositive, allGroups: true) with { GroupColumnName = "Group" };

    /// <summary>With one text for each group, and with several.</summary>
    [Theory, InlineData(true), InlineData(false)]
    public void Fit_WhereSharesAreTheRowsOwnGroups_IsTheSameAsWithout(bool oneText)
    {
        var options = Options with { OneTextPerGroup = oneText };
        var without = RankFixture.Train(options, TrainingFixture.Rows());
        var with = RankFixture.Train(options with { GroupShareColumnName = "Shares" }, TrainingFixture.Rows());

        RankFixture.AssertEqualLosses(without.Losses, with.Losses);
    }

    /// <summary>The shares say what is seen, the groups say something else: whoever follows the groups is wrong.</summary>
    [Fact]
    public void Fit_WhereSharesDisagreeWithGroups_FollowsTheShares()
    {
        var rows = TrainingFixture.Rows();
        string[] ordered = [.. TrainingFixture.Colors.Order(StringComparer.Ordinal)];
        foreach (var row in rows)
        {
            // Each image is given the next colour's name.
            int own = Array.IndexOf(ordered, row.Group);
            row.Shares = [.. ordered.Select((_, place) => place == (own + 1) % 4 ? 1f : 0)];
        }
        using var model = new ClipContrastiveTrainer("Image", "Captions", Options with { Steps = 60, AverageDecay = 0, GroupShareColumnName = "Shares" })
            .Train(TrainingFixture.View(rows));

        using var directory = new TemporaryDirectory();
        model.Export(directory.Combine("model"));
        using var clip = ClipModel.Load(directory.Combine("model"));
        string[] files = [.. Enumerable.Range(0, 4).Select(i =>
        {
            string file = directory.Combine($"{i}.png");
            File.WriteAllBytes(file, TrainingFixture.SolidImage(i, seed: 100 + i));
            return file;
        })];
        float[][] images = clip.EncodeImages(files), texts = clip.EncodeTexts([.. ordered.Select(c => $"a photo of a {c} square.")]);
        string[] found = [.. images.Select(image => ordered[ClipSimilarity.TopK(image, texts, 1)[0].Index])];
        Assert.Equal(TrainingFixture.Colors.Select(c => ordered[(Array.IndexOf(ordered, c) + 1) % 4]), found);
    }

    [Fact]
    public void Fit_OnRanksWithShares_GivesLossesAndWeightsOfOneProcess()
    {
        var rows = TrainingFixture.Rows();
        rows.ForEach(r => r.Shares = [.. r.Shares.Select(s => 0.6f * s + 0.1f)]);
        var options = Options with { GroupShareColumnName = "Shares", Steps = 20, BatchSize = 16 };
        RankFixture.AssertEqual(RankFixture.Train(0, options, rows)[0], RankFixture.Train(2, options, rows)[0]);
    }

    [Theory]
    [InlineData(new[] { 0.5f, 0.6f, 0, 0 }, "the shares of all groups add up to 1.1 instead of 1.")]
    [InlineData(new[] { 1.5f, -0.5f, 0, 0 }, "value 0 is 1.5; the share of a group is from 0 to 1.")]
    [InlineData(new[] { 1, float.NaN, 0, 0 }, "value 1 is NaN; the share of a group is from 0 to 1.")]
    [InlineData(new[] { 0f, 0, 0, 0 }, "the shares of all groups add up to 0 instead of 1.")]
    public void Fit_WithSharesThatAreNone_NamesRowAndColumn(float[] shares, string problem)
    {
        var rows = TrainingFixture.Rows(8);
        rows[5].Shares = shares;
        var error = Assert.Throws<ArgumentException>(() => RankFixture.Train(Options with { GroupShareColumnName = "Shares" }, rows));
        Assert.StartsWith($"Row 5 (counted from 0), column 'Shares': {problem}", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Fit_WithSharesOfOtherGroupsThanThereAre_SaysHowMany()
    {
        var rows = TrainingFixture.Rows(8).FindAll(r => r.Group != "blue");
        rows.ForEach(r => r.Shares = [0, 0, 1, 0]);
        var error = Assert.Throws<ArgumentException>(() => RankFixture.Train(Options with { GroupShareColumnName = "Shares" }, rows));
        Assert.Equal("Row 0 says of 4 groups how much of each its image shows, but the rows have 3 groups, from 'green' to 'yellow'.", error.Message);
    }

    [Fact]
    public void Fit_WithSharesOfAWrongType_NamesTheColumn() =>
        Assert.Contains("'Captions'", Assert.ThrowsAny<ArgumentException>(() =>
            RankFixture.Train(Options with { GroupShareColumnName = "Captions" }, TrainingFixture.Rows(8))).Message, StringComparison.Ordinal);

    [Fact]
    public void Constructor_WithSharesButNoGroups_SaysWhatIsMissing()
    {
        foreach (var options in (ClipContrastiveTrainer.Options[])
            [Options with { GroupColumnName = null }, Options with { CaptionsOfAllGroups = false }, Options with { Loss = ClipTrainingLoss.Paper }])
        {
            Assert.StartsWith("GroupShareColumnName says how much of each group an image shows, and needs Loss = ClipTrainingLoss.MultiPositive, GroupColumnName and CaptionsOfAllGroups.",
                Assert.Throws<ArgumentException>(() => new ClipContrastiveTrainer("Image", "Captions", options with { GroupShareColumnName = "Shares" })).Message,
                StringComparison.Ordinal);
        }
    }

    /// <summary>A checkpoint made with one teacher does not go on with another.</summary>
    [Fact]
    public void Fit_ResumedWithOtherShares_IsRefused()
    {
        using var directory = new TemporaryDirectory();
        var options = Options with { GroupShareColumnName = "Shares", CheckpointPath = directory.Combine("run") };
        RankFixture.Train(options, TrainingFixture.Rows());
        var rows = TrainingFixture.Rows();
        rows[7].Shares = [0.25f, 0.25f, 0.25f, 0.25f];
        Assert.Contains("captions and groups, by hash", Assert.Throws<ClipTrainingException>(() => RankFixture.Train(options with { Steps = 14 }, rows)).Message,
            StringComparison.Ordinal);
    }

    /// <summary>Values lie in the ordinal order of names, whatever row comes first.</summary>
    [Fact]
    public void Of_FindsAGroupsValueByItsName()
    {
        var shares = new GroupShares([[0.1f, 0.2f, 0.7f], [1, 0, 0]], [0, 1], ["red", "Blue", "green"]);
        Assert.Equal([0.7f, 0.1f, 0.2f], Enumerable.Range(0, 3).Select(group => shares.Of(0, group, texts: 1)));
        Assert.Equal(0.5f, shares.Of(1, group: 1, texts: 2));
    }
}
