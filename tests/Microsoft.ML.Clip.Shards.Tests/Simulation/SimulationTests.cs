using System.Globalization;

namespace Microsoft.ML.Clip.Tests;

/// <summary>
/// A cluster in which workers die at every step of the protocol, machines and schedulers too, and shards are computed twice, in different bits: no row is lost,
/// and none is in the merge twice. With <c>CLIP_SIMULATED_WORKERS=1000</c> that of docs/scale.md.
/// </summary>
public sealed class SimulationTests(ITestOutputHelper output)
{
    private const string More = "CLIP_SIMULATED_WORKERS";

    private const int RowsPerShard = 4, ShardsPerFile = 64;

    // Of a few workers few shards, and a scheduler that is lost as often.
    private static int ShardsPerWorker => Workers < 1_000 ? 3 : 20;

    private static int Workers =>
        int.TryParse(Environment.GetEnvironmentVariable(More), NumberStyles.None, CultureInfo.InvariantCulture, out int workers) ? workers : 48;

    [Fact]
    public void Merge_AfterAClustersLife_HasEveryRowOnce()
    {
        using var work = new ShardWork();
        int rows = (Workers * ShardsPerWorker * RowsPerShard) - 1;
        // Nobody opens them.
        string list = work.Write("list.txt", string.Join('\n', Enumerable.Range(0, rows).Select(i => $"{i}.jpg")));
        var options = new ClipShardPlanOptions { RowsPerShard = RowsPerShard, Half = false };
        var plan = ClipShardPlan.Create(ShardWork.NoModel, ClipShardInputs.List(list), work.Output, options, progress: null, CancellationToken.None);
        var scheduler = new SimulatedScheduler(plan, new() { Workers = Workers, SchedulerLife = 360 * ShardsPerWorker });

        string report = scheduler.Run();
        var status = plan.GetStatus(verify: true);
        var merged = plan.Merge(work.Combine("merged"), new() { RowsPerFile = ShardsPerFile * RowsPerShard });

        output.WriteLine(report);
        int left = Directory.EnumerateFiles(plan.Layout.Temporary).Count();
        output.WriteLine($"computed twice in different bits: {status.Duplicates.Count:N0} shards; temporary files of the dead: {left:N0}");
        Assert.True(status.IsComplete && status.Failed.Count == 0 && status.Foreign.Count == 0, $"{status}\n{string.Join('\n', status.Failures)}");
        Assert.True(scheduler.Killed > 0 && scheduler.Skipped > 0, report);
        Assert.Equal(rows, merged.Rows);
        ClipMergedRow[] read = [.. ClipMergedEmbeddings.Read(merged.Directory)];
        Assert.Equal(Enumerable.Range(0, rows).Select(i => $"row {i}"), read.Select(r => r.Path));
        for (int shard = 0; shard < plan.ShardCount; shard++)
        {
            var (first, count) = plan.RowsOf(shard);
            // One worker's values in the whole shard, whichever worker's.
            float noise = read[first].Embedding.Span[0] - first;
            Assert.Contains(noise, Enumerable.Range(0, 3).Select(SimulatedAttempt.Noise));
            for (int i = 0; i < count; i++)
            {
                Assert.Equal(Enumerable.Repeat(first + i + noise, plan.EmbeddingDimension), read[first + i].Embedding.ToArray());
            }
        }
    }
}
