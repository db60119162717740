using System.Text.RegularExpressions;

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
    public void Run_Defaults_RecognisesEveryPhotograph()
    {
        string[] lines = Run().Split('\n');

        // The trained model that the repository carries, on photographs that it has never seen.
        (string File, string Label)[] expected =
            [("bison.jpg", "bison"), ("cat.png", "tabby cat"), ("coffee.png", "espresso"), ("dog.jpg", "dog"), ("koala.jpg", "koala"), ("red-panda.jpg", "red panda")];
        Assert.Equal(expected.Select(e => e.File), lines.Where(l => l.Contains('%', StringComparison.Ordinal)).Select(l => l.Split(' ')[0]));
        Assert.All(expected, e => Assert.Matches($@"^{Regex.Escape(e.File)} +{e.Label} ",
            Assert.Single(lines, l => l.StartsWith(e.File, StringComparison.Ordinal))));
        // The readme shows this screen; the last digits may differ from processor to processor.
        string readme = Path.Combine(BuildFacts.RepositoryRoot, "README.md");
        string[] shown = [.. File.ReadLines(readme).Where(l => expected.Any(e => l.StartsWith($"{e.File} ", StringComparison.Ordinal)))];
        Assert.Equal(lines.Where(l => l.Contains('%', StringComparison.Ordinal)).Select(FirstWords), shown.Select(FirstWords));
        // What the model does not know is said on the first screen, and who does.
        Assert.Contains("samples/Everyday", string.Concat(lines.Take(5)), StringComparison.Ordinal);
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

    private static string FirstWords(string line) => Regex.Match(line, @"^\S+ +[a-z ]+").Value.Trim();

    // What 'dotnet run --project samples/QuickStart' starts.
    private static string Run(params string[] arguments) => Processes.Dotnet([BuildFacts.QuickStart, .. arguments]);
}
