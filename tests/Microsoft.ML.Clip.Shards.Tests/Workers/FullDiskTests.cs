namespace Microsoft.ML.Clip.Tests;

/// <summary>Workers whose disk takes no more: they say so, leave nothing behind, and the shard is done when there is space again.</summary>
public sealed class FullDiskTests
{
    // What the worker ends with, and the files that it has left.
    private const string Look = """
        look() { echo "code $?"; find "$1/tmp" "$1/data" "$1/done" "$1/failed" -type f | sed 's/^/left /'; }
        """;

    // A disk of its own, which nobody else sees and which goes with the process.
    private const string FullThenNot = Look + """

        mount -t tmpfs -o size=256k none "$4" && cp "$3"/plan.* "$4" || exit 99
        head -c 1M /dev/zero > "$4/filler" 2> /dev/null
        dotnet "$1" "$4" "$2"; look "$4"
        rm "$4/filler"
        dotnet "$1" "$4" "$2"; echo "code $?"
        """;

    // Files of 1,024 bytes at most. The runtime maps its code by way of a very long file, unless it is told not to.
    private const string ShortFiles = Look + """

        trap '' XFSZ
        ulimit -f 1
        export DOTNET_EnableWriteXorExecute=0
        dotnet "$1" "$3" "$2"; look "$3"
        """;

    private const string ShortMerge = """
        trap '' XFSZ
        ulimit -f 1
        export DOTNET_EnableWriteXorExecute=0
        dotnet "$1" "$2" --merge "$3"; echo "code $?"
        """;

    [Fact]
    public void Run_OnAFullDisk_SaysSoAndCanBeRunAgain()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Disks of one process are Linux's.");
        bool isAllowed = Processes.Run("unshare", ["-rm", "mount", "-t", "tmpfs", "none", "/mnt"]).Code == 0;
        Assert.SkipUnless(isAllowed, "This user may not mount a disk, not even for one process (unshare -rm).");
        using var work = new ShardWork(pictures: 12);
        var plan = work.Plan(12);
        string disk = Directory.CreateDirectory(work.Combine("disk")).FullName;

        var (code, output, error) = Processes.Run("unshare",
            ["-rm", "bash", "-c", FullThenNot, "bash", BuildFacts.ShardProcess, ShardWork.ModelDirectory, plan.OutputDirectory, disk]);

        Assert.True(code == 0, error);
        Assert.Equal(["begins", "code 1", "begins", "0 done", "code 0"], output.Split('\n', StringSplitOptions.RemoveEmptyEntries));
        Assert.StartsWith($"{nameof(ClipShardProblem.NoSpace)}: Shard 0 could not be finished: the disk is full", error, StringComparison.Ordinal);
    }

    [Fact]
    public void Run_WhereFilesMayNotGrow_SaysSoAndKeepsTheRecordAlone()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Limits of processes are set as Linux has them.");
        using var work = new ShardWork(pictures: 12);
        var plan = work.Plan(12);

        var (_, output, error) = Processes.Run("bash", ["-c", ShortFiles, "bash", BuildFacts.ShardProcess, ShardWork.ModelDirectory, plan.OutputDirectory]);

        Assert.Equal(["begins", "code 42", $"left {plan.Layout.Failure(0)}"], output.Split('\n', StringSplitOptions.RemoveEmptyEntries));
        Assert.StartsWith($"{nameof(ClipShardProblem.Output)}: Shard 0 cannot be written: ", error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Merge_WhereFilesMayNotGrow_SaysSoAndLeavesNothing()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Limits of processes are set as Linux has them.");
        using var work = new ShardWork(pictures: 12);
        var plan = work.Plan(12);
        await new ClipShardWorker(ShardWork.Clip).RunAsync(plan, 0, TestContext.Current.CancellationToken);
        string destination = Path.Combine(Directory.CreateDirectory(work.Combine("merges")).FullName, "merged");

        var (_, output, error) = Processes.Run("bash", ["-c", ShortMerge, "bash", BuildFacts.ShardProcess, plan.OutputDirectory, destination]);

        Assert.Equal("code 42", output.Trim());
        Assert.StartsWith($"{nameof(ClipShardProblem.Output)}: The merge into '{destination}' could not be finished: ", error, StringComparison.Ordinal);
        Assert.Empty(Directory.GetFileSystemEntries(work.Combine("merges")));
    }

    [Fact]
    public void Explain_OfADeviceThatIsFull_IsNoSpace()
    {
        Assert.SkipUnless(File.Exists("/dev/full"), "/dev/full is Linux's");
        using var device = File.OpenHandle("/dev/full", access: FileAccess.Write);

        var error = ShardFiles.Explain(Assert.Throws<IOException>(() => RandomAccess.Write(device, new byte[1], 0)), "It could not be written", shard: 3);

        Assert.Equal((ClipShardProblem.NoSpace, true, 3), (error.Problem, error.IsTransient, error.Shard));
        Assert.StartsWith("It could not be written: the disk is full", error.Message, StringComparison.Ordinal);
    }
}
