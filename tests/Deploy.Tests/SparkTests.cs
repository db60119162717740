using System.Text.RegularExpressions;

namespace Deploy.Tests;

/// <summary>embed.py with what stands in for PySpark: <c>Stand-ins/pyspark</c>.</summary>
public sealed class SparkTests
{
    private static readonly string StandIns = Path.Combine(BuildFacts.RepositoryRoot, "tests", "Deploy.Tests", "Stand-ins");

    [Fact]
    public void Embed_RunsWhatIsLeft()
    {
        using var work = Planned();
        work.Mlclip("embed", "run", "--plan", work.Combine("job"), "--shard", "1");

        var (ended, output, error) = Run(work);

        Assert.True(ended == 0, $"exit code {ended}: {output}{error}");
        Assert.Contains("3 shards, 9 rows, 0 of them unreadable", output, StringComparison.Ordinal);
        Assert.Contains("4 of 4 shards", work.Mlclip("embed", "status", "--plan", work.Combine("job")), StringComparison.Ordinal);
    }

    [Fact]
    public void Embed_AWorkerFails_Fails()
    {
        using var work = Planned();
        File.Delete(Path.Combine(work.Pictures, "0005.bmp"));

        var (ended, _, error) = Run(work);

        Assert.Equal(1, ended);
        Assert.Matches(new Regex("Pipe function .* exited with error code 42"), error);
    }

    // A damaged shard ends with 42 each time, whatever else there is to do.
    [Fact]
    public void Embed_ADamagedShard_IsLeftAndTold()
    {
        using var work = Planned();
        work.Mlclip("embed", "run", "--plan", work.Combine("job"), "--shard", "1");
        File.WriteAllText(work.Combine("job/done/000001.json"), "{");

        var (ended, output, error) = Run(work);

        Assert.True(ended == 42, $"exit code {ended}: {output}{error}");
        Assert.Contains("3 shards, 9 rows, 0 of them unreadable", output, StringComparison.Ordinal);
        Assert.Contains("--redo: 1", error, StringComparison.Ordinal);
    }

    [Fact]
    public void Embed_OfNoPlan_SaysWhatTheToolSays()
    {
        using var work = Planned();

        var (ended, _, error) = work.Run("python3", [DeployFolder.Deploy("spark/embed.py"), "nowhere"], ("PYTHONPATH", StandIns), ("PYTHONDONTWRITEBYTECODE", "1"));

        Assert.Equal(42, ended);
        Assert.Contains("There is no plan", error, StringComparison.Ordinal);
        Assert.DoesNotContain("Traceback", error, StringComparison.Ordinal);
    }

    private static DeployFolder Planned()
    {
        Assert.SkipUnless(DeployFolder.Has("python3"), "There is no python3.");
        var work = new DeployFolder(pictures: 12);
        work.Mlclip("embed", "plan", work.Pictures, "--out", work.Combine("job"), "--rows", "3");
        return work;
    }

    private static (int Code, string Output, string Error) Run(DeployFolder work) =>
        work.Run("python3", [DeployFolder.Deploy("spark/embed.py"), work.Combine("job"), "2"], ("PYTHONPATH", StandIns), ("PYTHONDONTWRITEBYTECODE", "1"));
}
