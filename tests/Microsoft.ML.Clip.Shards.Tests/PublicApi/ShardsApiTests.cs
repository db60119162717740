namespace Microsoft.ML.Clip.Tests;

/// <summary>
/// The public API of the package for shards, written down as that of the library is; to accept a change, run the tests with CLIP_ACCEPT_API=1 in the
/// environment.
/// </summary>
public sealed class ShardsApiTests
{
    private static readonly string ListFile = Path.Combine(BuildFacts.RepositoryRoot, "tests", "Microsoft.ML.Clip.Shards.Tests", "PublicApi", "Microsoft.ML.Clip.Shards.txt");

    [Fact]
    public void PublicApi_IsTheListedOne()
    {
        string actual = PublicApiText.Describe(typeof(ClipShardPlan).Assembly);
        if (Environment.GetEnvironmentVariable("CLIP_ACCEPT_API") == "1")
        {
            File.WriteAllText(ListFile, actual);
        }

        Assert.Equal(File.ReadAllText(ListFile), actual);
    }

    [Fact]
    public void ToString_OfEveryPublicType_NamesNoClassOfAList() => Assert.Empty(PrintedTypes.NamingClasses(typeof(ClipShardPlan).Assembly));
}
