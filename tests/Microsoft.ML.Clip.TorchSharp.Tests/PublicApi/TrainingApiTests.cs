namespace Microsoft.ML.Clip.Tests;

/// <summary>
/// The public API of the training package, written down as that of the library is; to accept a change, run the tests with CLIP_ACCEPT_API=1 in the environment.
/// </summary>
public sealed class TrainingApiTests
{
    private static readonly string ListFile = Path.Combine(BuildFacts.RepositoryRoot, "tests", "Microsoft.ML.Clip.TorchSharp.Tests", "PublicApi", "Microsoft.ML.Clip.TorchSharp.txt");

    [Fact]
    public void PublicApi_IsTheListedOne()
    {
        string actual = PublicApiText.Describe(typeof(ClipContrastiveTrainer).Assembly);
        if (Environment.GetEnvironmentVariable("CLIP_ACCEPT_API") == "1")
        {
            File.WriteAllText(ListFile, actual);
        }

        Assert.Equal(File.ReadAllText(ListFile), actual);
    }

    [Fact]
    public void ToString_OfEveryPublicType_NamesNoClassOfAList() => Assert.Empty(PrintedTypes.NamingClasses(typeof(ClipContrastiveTrainer).Assembly));

    [Fact]
    public void Library_BringsNoLibtorch()
    {
        string project = File.ReadAllText(Path.Combine(BuildFacts.RepositoryRoot, "src", "Microsoft.ML.Clip.TorchSharp", "Microsoft.ML.Clip.TorchSharp.csproj"));
        Assert.Contains("Include=\"TorchSharp\"", project, StringComparison.Ordinal);
        Assert.DoesNotContain("Include=\"TorchSharp-", project, StringComparison.Ordinal);
        Assert.DoesNotContain("Include=\"libtorch", project, StringComparison.OrdinalIgnoreCase);
    }
}
