namespace Microsoft.ML.Clip.Tests;

public sealed class ClipResultTablesTests
{
    private static readonly string[] Photographs = [.. new[] { "cat.png", "dog.jpg", "koala.jpg" }.Select(n => Path.Combine(BuildFacts.RepositoryRoot, "samples", "images", n))];

    [Fact]
    public void ToTable_Matches_HasPicturesNamesRanksAndCosines()
    {
        ClipMatch[] matches = [new() { Index = 2, Cosine = 0.75f }, new() { Index = 0, Cosine = 0.5f }];

        var table = matches.ToTable(Photographs, "what was asked");

        Assert.Equal("what was asked", table.Caption);
        Assert.Equal(["koala.jpg", "cat.png"], table.Rows.Select(r => r[1].Text));
        Assert.Equal([1.0, 2.0], table.Rows.Select(r => r[2].Value!.Value));
        Assert.Equal([0.75, 0.5], table.Rows.Select(r => r[3].Value!.Value));
        // Small, whatever the photograph was.
        Assert.All(table.Rows, r => Assert.InRange(r[0].Image.Length, 1_000, 40_000));
    }

    [Theory]
    [InlineData(3)]
    [InlineData(-1)]
    public void ToTable_MatchWithoutAPath_IsNamed(int index)
    {
        var e = Assert.Throws<ArgumentException>(() => new[] { new ClipMatch { Index = index, Cosine = 1 } }.ToTable(Photographs));
        Assert.Contains($"A match has the index {index}; there are 3 paths.", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void ToTable_Predictions_HasTheLabelAndTheNextTwo()
    {
        var classifier = new ClipZeroShotClassifier(["cat", "dog", "koala", "ship"], [1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1], logitScale: 1, minimumCosine: 0.6f);
        ClipZeroShotPrediction[] predictions = [classifier.Classify([0.8f, 0.6f, 0, 0]), classifier.Classify([0.5f, 0.5f, 0.5f, 0.5f])];

        var table = predictions.ToTable(classifier, Photographs[..2]);

        Assert.Equal(["cat", "none of these"], table.Rows.Select(r => r[2].Text));
        Assert.StartsWith("dog ", table.Rows[0][5].Text, StringComparison.Ordinal);
        Assert.Equal(2, table.Rows[0][5].Text!.Split(", ").Length);
        Assert.Equal(predictions[0].Score, table.Rows[0][3].Value!.Value, 1e-6);
    }

    [Fact]
    public void ToTable_PredictionsThatDoNotFit_AreRefused()
    {
        var classifier = new ClipZeroShotClassifier(["cat", "dog"], [1, 0, 0, 1], logitScale: 1);
        var other = new ClipZeroShotClassifier(["cat"], [1, 0], logitScale: 1);
        ClipZeroShotPrediction[] predictions = [classifier.Classify([1, 0])];

        Assert.Contains("1 predictions and 3 paths", Assert.Throws<ArgumentException>(() => predictions.ToTable(classifier, Photographs)).Message, StringComparison.Ordinal);
        Assert.Contains("2 scores; the classifier has 1", Assert.Throws<ArgumentException>(() => predictions.ToTable(other, Photographs[..1])).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void ToTable_Classification_HasTheClassesThatHaveRows()
    {
        var meter = new ClipClassificationMeter(["cat", "dog", "ship"]);
        meter.Add(0, [0.8f, 0.1f, 0.1f]);
        meter.Add(0, [0.1f, 0.8f, 0.1f]);
        meter.Add(1, [0.1f, 0.8f, 0.1f]);

        var table = meter.ToResult().ToTable();

        Assert.StartsWith("66.7% of 3 are right (", table.Caption, StringComparison.Ordinal);
        Assert.Equal(["cat", "dog"], table.Rows.Select(r => r[0].Text));
        Assert.Equal([0.5, 1.0], table.Rows.Select(r => r[2].Value!.Value));
        Assert.Equal([1.0, 0.5], table.Rows.Select(r => r[3].Value!.Value));
    }

    [Fact]
    public void Thumbnail_OfNoPicture_IsNamed()
    {
        using var directory = new TemporaryDirectory();
        File.WriteAllText(directory.Combine("broken.jpg"), "no picture");

        Assert.Contains("broken.jpg", Assert.Throws<ClipImageException>(() => ClipReportCell.Thumbnail(directory.Combine("broken.jpg"))).Message, StringComparison.Ordinal);
    }
}
