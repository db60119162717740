namespace Microsoft.ML.Clip.Tests;

/// <summary>
/// The public API, written down. A change of it shows in review as a change of <c>Microsoft.ML.Clip.txt</c>; to accept one, run the tests with
/// CLIP_ACCEPT_API=1 in the environment.
/// </summary>
public sealed class PublicApiTests
{
    private static readonly string ListFile = Path.Combine(BuildFacts.RepositoryRoot, "tests", "Microsoft.ML.Clip.Tests", "PublicApi", "Microsoft.ML.Clip.txt");

    [Fact]
    public void ToString_OfEveryPublicType_NamesNoClassOfAList() => Assert.Empty(PrintedTypes.NamingClasses(typeof(ClipModel).Assembly));

    [Fact]
    public void ToString_OfAPrediction_ShowsItsScores() => Assert.Equal(
        "ClipZeroShotPrediction { Label = cat, Index = 0, Score = 1, Scores = [1, 0], Cosine = 0.25, Cosines = [0.25, 0] }",
        new ClipZeroShotPrediction { Label = "cat", Index = 0, Score = 1, Scores = [1, 0], Cosine = 0.25f, Cosines = [0.25f, 0] }.ToString());

    [Fact]
    public void PublicApi_IsTheListedOne()
    {
        string actual = PublicApiText.Describe(typeof(ClipModel).Assembly);
        if (Environment.GetEnvironmentVariable("CLIP_ACCEPT_API") == "1")
        {
            File.WriteAllText(ListFile, actual);
        }

        Assert.Equal(File.ReadAllText(ListFile), actual);
    }
}
