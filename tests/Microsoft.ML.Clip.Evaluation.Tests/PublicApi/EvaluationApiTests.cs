namespace Microsoft.ML.Clip.Tests;

/// <summary>
/// The public API of the evaluation package, written down as that of the library is; to accept a change, run the tests with CLIP_ACCEPT_API=1 in the
/// environment.
/// </summary>
public sealed class EvaluationApiTests
{
    private static readonly string ListFile =
        Path.Combine(BuildFacts.RepositoryRoot, "tests", "Microsoft.ML.Clip.Evaluation.Tests", "PublicApi", "Microsoft.ML.Clip.Evaluation.txt");

    [Fact]
    public void PublicApi_IsTheListedOne()
    {
        string actual = PublicApiText.Describe(typeof(ClipClassificationMeter).Assembly);
        if (Environment.GetEnvironmentVariable("CLIP_ACCEPT_API") == "1")
        {
            File.WriteAllText(ListFile, actual);
        }

        Assert.Equal(File.ReadAllText(ListFile), actual);
    }

    [Fact]
    public void ToString_OfEveryPublicType_NamesNoClassOfAList() => Assert.Empty(PrintedTypes.NamingClasses(typeof(ClipClassificationMeter).Assembly));
}
