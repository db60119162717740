namespace Deploy.Tests;

/// <summary>GNU parallel, where <c>CLIP_PARALLEL=1</c> asks for it.</summary>
public sealed class ParallelTests
{
    private const string OptIn = "CLIP_PARALLEL";

    [Fact]
    public void Trial_KilledAndResumed_IsEqual()
    {
        Assert.SkipUnless(Environment.GetEnvironmentVariable(OptIn) == "1", $"{OptIn}=1 runs GNU parallel (Debian: parallel) for a minute, and kills it.");
        using var work = new DeployFolder(pictures: 80);

        var (ended, output, error) = work.Run("bash", [DeployFolder.Deploy("parallel/trial.sh"), work.Pictures, work.Combine("trial"), "5", "8"]);

        Assert.True(ended == 0, $"exit code {ended}: {output}{error}");
        Assert.Contains("resumed: equal, bit for bit", output, StringComparison.Ordinal);
        Assert.Equal(SmallPictures.Content(work.Combine("trial/expected")), SmallPictures.Content(work.Combine("trial/merged-parallel")));
        Assert.Equal(SmallPictures.Content(work.Combine("trial/expected")), SmallPictures.Content(work.Combine("trial/merged-loop")));
    }
}
