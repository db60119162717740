namespace Deploy.Tests;

/// <summary>The scripts for Slurm: with what stands in for its commands and for the tool; where <c>CLIP_SLURM=1</c> asks for it, with Slurm.</summary>
public sealed class SlurmTests
{
    private const string OptIn = "CLIP_SLURM";

    // The tool, as the script sees it: it waits for a signal, or ends as it is told.
    private const string Ends = "echo \"$*\"; exit $CODE";
    private const string Waits = "trap 'exit 75' TERM; kill -$SIGNAL $PPID; while :; do sleep 0.05; done";

    [Theory]
    [InlineData(0, 0, false)]
    [InlineData(1, 0, true)]
    [InlineData(1, 3, false)]
    [InlineData(42, 0, false)]
    [InlineData(75, 0, false)]
    public void Element_ThatEnds_IsRequeuedIfThatMayHelp(int code, int restarts, bool isRequeued)
    {
        using var work = Element(Ends);

        var (ended, output, error) = Run(work, ("CODE", $"{code}"), ("SLURM_RESTART_COUNT", $"{restarts}"));

        Assert.True(ended == code, $"exit code {ended}: {output}{error}");
        Assert.Contains("embed run --plan job/plan.json --shard 7", output, StringComparison.Ordinal);
        Assert.Equal(isRequeued, output.Contains("scontrol requeue 12_7", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("USR1", true)]
    [InlineData("TERM", false)]
    public void Element_ThatIsStopped_IsRequeuedIfItsTimeWasUp(string signal, bool isRequeued)
    {
        using var work = Element(Waits);

        var (ended, output, error) = Run(work, ("SIGNAL", signal));

        Assert.True(ended == 75, $"exit code {ended}: {output}{error}");
        Assert.Equal(isRequeued, output.Contains("scontrol requeue 12_7", StringComparison.Ordinal));
    }

    [Fact]
    public void Element_ByWorker_LeavesTheShardsToTheEnvironment()
    {
        using var work = Element(Ends);

        var (_, output, _) = Run(work, ("CODE", "0"), ("CLIP_BY_WORKER", "1"));

        Assert.Equal("embed run --plan job/plan.json", output.Trim());
    }

    [Theory]
    [InlineData("3,7-9", 1, "--array=3,7-9%4 ", "CLIP_BY_WORKER=0")]
    [InlineData("3,999-1000", 1, "--array=3,999-1000%4 ", "CLIP_BY_WORKER=0")]
    [InlineData("3,7-1001", 1, "--array=0-255%4 ", "CLIP_BY_WORKER=1")]
    [InlineData("", 0, "Nothing is left", "plan.json")]
    public void Submit_WhatIsLeft_IsAnArray(string left, int code, params string[] expected)
    {
        RequireBash();
        using var work = new DeployFolder(pictures: 0);
        Directory.CreateDirectory(work.Combine("a, b"));
        work.StandIn("mlclip", $"echo '{left}'; exit {code}");
        work.StandIn("scontrol", "echo 'MaxArraySize            = 1001'");
        work.StandIn("sbatch", "echo \"sbatch $* CLIP_BY_WORKER=$CLIP_BY_WORKER CLIP_PLAN=$CLIP_PLAN\"");

        string[] submit = [DeployFolder.Deploy("slurm/submit.sh"), "a, b/plan.json", "--time=1:00:00"];
        var (ended, output, error) = work.Run("bash", submit, ("MLCLIP", "mlclip"), ("CLIP_AT_ONCE", "4"));

        Assert.True(ended == 0, $"exit code {ended}: {output}{error}");
        Assert.All(expected, e => Assert.Contains(e, output, StringComparison.Ordinal));
        Assert.EndsWith(code == 0 ? "plan.json.\n" : $"CLIP_PLAN={work.Combine("a, b/plan.json")}\n", output, StringComparison.Ordinal);
    }

    // A disk that does not answer: nobody knows what is left.
    [Fact]
    public void Submit_AStatusWithoutNumbers_SubmitsNothing()
    {
        RequireBash();
        using var work = new DeployFolder(pictures: 0);
        work.StandIn("mlclip", "echo 'mlclip: the disk is away' >&2; exit 1");
        work.StandIn("scontrol", "echo 'MaxArraySize            = 1001'");
        work.StandIn("sbatch", "echo \"sbatch $*\"");

        var (ended, output, error) = work.Run("bash", [DeployFolder.Deploy("slurm/submit.sh"), "plan.json"], ("MLCLIP", "mlclip"));

        Assert.Equal((1, "", "mlclip: the disk is away"), (ended, output, error.Trim()));
    }

    // As the tool does where all is done: nothing, and not an empty line.
    [Fact]
    public void Submit_AJobThatIsDone_SubmitsNothing()
    {
        RequireBash();
        using var work = new DeployFolder(pictures: 2);
        work.StandIn("sbatch", "echo \"sbatch $*\"");
        work.Mlclip("embed", "plan", work.Pictures, "--out", work.Combine("job"));
        work.Mlclip("embed", "run", "--plan", work.Combine("job"));

        var (ended, output, error) = work.Run("bash", [DeployFolder.Deploy("slurm/submit.sh"), work.Combine("job")]);

        Assert.True(ended == 0, $"exit code {ended}: {output}{error}");
        Assert.StartsWith("Nothing is left of ", output, StringComparison.Ordinal);
        Assert.Equal("", work.Mlclip("embed", "status", "--plan", work.Combine("job"), "--array"));
    }

    [Fact]
    public void Submit_APlanThatIsNone_EndsAsTheToolDoes()
    {
        RequireBash();
        using var work = new DeployFolder(pictures: 0);

        var (ended, _, error) = work.Run("bash", [DeployFolder.Deploy("slurm/submit.sh"), "plan.json"]);

        Assert.Equal(42, ended);
        Assert.Contains("There is no plan", error, StringComparison.Ordinal);
    }

    [Fact]
    public void Trial_WithSlurm_IsEqual()
    {
        Assert.SkipUnless(Environment.GetEnvironmentVariable(OptIn) == "1", $"{OptIn}=1 installs and starts a Slurm of one node: as root, on Debian.");
        using var work = new DeployFolder(pictures: 800);
        string slurm = work.Combine("slurm");
        try
        {
            var (started, output, error) = work.Run("bash", [DeployFolder.Deploy("slurm/one-node.sh"), "start", slurm]);
            Assert.True(started == 0, $"exit code {started}: {output}{error}");

            string[] trial = [DeployFolder.Deploy("slurm/trial.sh"), work.Pictures, work.Combine("trial")];
            var (ended, told, problem) = work.Run("bash", trial, ("SLURM_CONF", $"{slurm}/slurm.conf"));

            Assert.True(ended == 0, $"exit code {ended}: {told}{problem}");
            Assert.Contains("equal, bit for bit", told, StringComparison.Ordinal);
            Assert.Equal(SmallPictures.Content(work.Combine("trial/expected")), SmallPictures.Content(work.Combine("trial/merged")));
        }
        finally
        {
            work.Run("bash", [DeployFolder.Deploy("slurm/one-node.sh"), "stop", slurm]);
        }
    }

    private static DeployFolder Element(string tool)
    {
        RequireBash();
        var work = new DeployFolder(pictures: 0);
        work.StandIn("mlclip", tool);
        work.StandIn("scontrol", "echo \"scontrol $*\"");
        return work;
    }

    private static (int Code, string Output, string Error) Run(DeployFolder work, params (string Name, string? Value)[] environment) =>
        work.Run("bash", [DeployFolder.Deploy("slurm/embed.sbatch")],
            [("MLCLIP", "mlclip"), ("CLIP_PLAN", "job/plan.json"), ("SLURM_ARRAY_JOB_ID", "12"), ("SLURM_ARRAY_TASK_ID", "7"), .. environment]);

    private static void RequireBash() => Assert.SkipUnless(DeployFolder.Has("bash"), "There is no bash.");
}
