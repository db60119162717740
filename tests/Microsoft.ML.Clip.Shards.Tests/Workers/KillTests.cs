using System.Diagnostics;
using System.Globalization;

namespace Microsoft.ML.Clip.Tests;

/// <summary>
/// Workers that are killed at any moment: what they have finished stays, what they have not is done by the next one, and the result is that of one run.
/// </summary>
public sealed class KillTests
{
    private const string More = "CLIP_SHARD_KILLS";

    // A shard takes some 20 milliseconds, so that all of its moments are met.
    private const int Pictures = 90, RowsPerShard = 3, LongestMilliseconds = 600, AtOnce = 2;

    private static int Kills =>
        int.TryParse(Environment.GetEnvironmentVariable(More), NumberStyles.None, CultureInfo.InvariantCulture, out int kills) ? kills : 10;

    // Two at a time, which go through the shards from both ends, so that they meet.
    [Fact]
    public async Task Merge_AfterKills_IsThatOfOneRun()
    {
        using var work = new ShardWork(Pictures);
        var single = work.Plan(RowsPerShard, work.Combine("single"));
        await ShardWork.Run(single);
        single.Merge(work.Combine("expected"));
        var plan = work.Plan(RowsPerShard);
        var random = new Random(20);
        int done = 0, killed = 0;

        for (int i = 0; i < Kills; i += AtOnce)
        {
            if (done == plan.ShardCount)
            {
                // A fast machine, or many kills: begin again.
                Directory.Delete(Path.Combine(work.Output, "done"), recursive: true);
                done = 0;
            }
            var first = RunAndKill(plan, forward: true, random.Next(LongestMilliseconds));
            var second = RunAndKill(plan, forward: false, random.Next(LongestMilliseconds));
            killed += (await Task.WhenAll(first, second)).Count(k => k);
            var status = plan.GetStatus(verify: true);
            Assert.True(status.Damaged.Count == 0 && status.Failed.Count == 0 && status.Foreign.Count == 0, $"{status}\n{string.Join('\n', status.Failures)}");
            Assert.True(status.Done.Count >= done, $"{done} shards were done; now {status}");
            done = status.Done.Count;
        }
        Assert.True(killed > 0, "every worker had ended before it was killed");
        await ShardWork.Run(plan);
        plan.Merge(work.Combine("merged"));

        Assert.Equal(SmallPictures.Content(work.Combine("expected")), SmallPictures.Content(work.Combine("merged")));
        Assert.Empty(plan.GetStatus(verify: true).Duplicates);
    }

    // kill -9, or what Windows has for it.
    private static async Task<bool> RunAndKill(ClipShardPlan plan, bool forward, int milliseconds)
    {
        var shards = Enumerable.Range(0, plan.ShardCount).Select(s => (forward ? s : plan.ShardCount - 1 - s).ToString(CultureInfo.InvariantCulture));
        using var process = Process.Start(new ProcessStartInfo("dotnet", [BuildFacts.ShardProcess, plan.OutputDirectory, ShardWork.ModelDirectory, .. shards])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        var error = process.StandardError.ReadToEndAsync();
        Assert.True(await process.StandardOutput.ReadLineAsync() == "begins", $"the worker did not begin: {(process.HasExited ? await error : "")}");
        await Task.Delay(milliseconds);
        bool isKilled = !process.HasExited;
        process.Kill();
        await process.WaitForExitAsync();
        return isKilled;
    }
}
