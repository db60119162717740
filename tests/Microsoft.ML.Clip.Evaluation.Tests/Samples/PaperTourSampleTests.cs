namespace Microsoft.ML.Clip.Tests;

/// <summary>samples/PaperTour as a user starts it who has nothing but the clone.</summary>
public sealed class PaperTourSampleTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void Run_Drawn_WritesTheReport()
    {
        string output = Processes.Dotnet([BuildFacts.PaperTour, "--drawn", "--output", _directory.Combine("tour"), "--cache", _directory.Combine("cache")]);

        Assert.Contains("linear probe; 60 of 60 images", output, StringComparison.Ordinal);
        Assert.DoesNotContain("not measured", output, StringComparison.Ordinal);
        string page = File.ReadAllText(_directory.Combine("tour/report.html"));
        Assert.All(new[] { "What this is", "Results", "From few images", "Images and captions", "Another style", "What a list of labels does", "Single images", "How it was measured" },
            heading => Assert.Contains(heading, page, StringComparison.Ordinal));
        Assert.Contains("shapes that were drawn", page, StringComparison.Ordinal);
    }

    /// <summary>docs/paper-tour measures the model that is there: who trains that anew takes the tour again.</summary>
    [Fact]
    public void Report_OfTheRepository_IsOfItsModel()
    {
        using var model = ClipModel.Load(Path.Combine(BuildFacts.RepositoryRoot, "samples", "models", "tiny-clip"));
        string hash = model.ComputeContentHash();
        string[] rows = [.. File.ReadLines(Path.Combine(BuildFacts.RepositoryRoot, "docs", "paper-tour", "results.csv")).Skip(1)];

        Assert.NotEmpty(rows);
        Assert.All(rows, row => Assert.Contains($",{hash},", row, StringComparison.Ordinal));
    }
}
