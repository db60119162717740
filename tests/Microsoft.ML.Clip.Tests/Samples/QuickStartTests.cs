namespace Microsoft.ML.Clip.Tests;

/// <summary>samples/QuickStart as a user starts it.</summary>
public sealed class QuickStartTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void Run_OwnModelImagesAndLabels_PrintsARowForEachImage()
    {
        TinyClip.WriteTo(_directory.Combine("model"));
        string[] images = TestImages.Write(Directory.CreateDirectory(_directory.Combine("images")).FullName, 3);

        string output = Run("--model", _directory.Combine("model"), "--images", _directory.Combine("images"), "--labels", "cat, dog, bird");

        Assert.All(images, i => Assert.Contains(Path.GetFileName(i), output, StringComparison.Ordinal));
        Assert.Contains("bird", output, StringComparison.Ordinal);
        Assert.Contains("Saved the pipeline to", output, StringComparison.Ordinal);
    }

    [Fact]
    public void Run_Defaults_RecognisesTheCatAndTheCoffee()
    {
        string[] lines = Run().Split('\n');

        // The trained model that the repository carries, on photographs that it has never seen.
        Assert.Matches(@"^cat\.png\s+tabby cat ", Assert.Single(lines, l => l.StartsWith("cat.png", StringComparison.Ordinal)));
        Assert.Matches(@"^coffee\.png\s+espresso ", Assert.Single(lines, l => l.StartsWith("coffee.png", StringComparison.Ordinal)));
    }

    [Theory]
    [InlineData("--model", "nowhere-at-all")]
    [InlineData("--images", "nowhere-at-all")]
    [InlineData("--nonsense", "x")]
    [InlineData("--labels")]
    public void Run_BadArguments_SaysSoAndFails(params string[] arguments)
    {
        var (code, _, error) = Processes.RunDotnet([BuildFacts.QuickStart, .. arguments]);

        Assert.NotEqual(0, code);
        Assert.Contains(arguments[^1] == "x" ? "--nonsense" : arguments[^1], error, StringComparison.Ordinal);
        Assert.DoesNotContain("Unhandled exception", error, StringComparison.Ordinal);
    }

    // What 'dotnet run --project samples/QuickStart' starts.
    private static string Run(params string[] arguments) => Processes.Dotnet([BuildFacts.QuickStart, .. arguments]);
}
