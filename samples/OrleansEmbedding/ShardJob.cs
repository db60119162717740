using Microsoft.ML.Clip;
using Orleans.Runtime;

namespace OrleansEmbedding;

/// <summary>Has the grains of a plan run until all of its shards are done. It may be stopped and started again anywhere: it keeps nothing either.</summary>
internal sealed class ShardJob(IGrainFactory grains, ClipShardPlan plan)
{
    private const int MostAttempts = 5;

    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(0.5);

    private int _lost;

    /// <summary>How many calls were answered by nobody: their silo had gone.</summary>
    public int LostCalls => Volatile.Read(ref _lost);

    /// <param name="atOnce">How many shards are handed out at the same time; some for each silo, so that none waits for work.</param>
    /// <param name="done">Told the shards that end, and how.</param>
    /// <param name="cancellation">Ends it; shards that were begun go on.</param>
    /// <returns>What went wrong with shards, by their numbers; nothing if all are done.</returns>
    public async Task<IReadOnlyDictionary<int, string>> RunAsync(int atOnce, Action<int, ShardReport>? done = null, CancellationToken cancellation = default)
    {
        var failed = new SortedDictionary<int, string>();
        string file = Path.Combine(plan.OutputDirectory, "plan.json");
        var options = new ParallelOptions { MaxDegreeOfParallelism = atOnce, CancellationToken = cancellation };
        await Parallel.ForEachAsync(plan.GetStatus(cancellationToken: cancellation).Remaining, options, async (shard, stop) =>
        {
            var report = await RunAsync(grains.GetGrain<IShardGrain>(shard, file), stop);
            lock (failed)
            {
                if (report.State == ShardState.Failed)
                {
                    failed.Add(shard, report.Error!);
                }
                done?.Invoke(shard, report);
            }
        });
        return failed;
    }

    private async Task<ShardReport> RunAsync(IShardGrain grain, CancellationToken stop)
    {
        for (int attempt = 1; ;)
        {
            try
            {
                var report = await grain.RunAsync().WaitAsync(stop);
                if (report.State == ShardState.Done || (report.State == ShardState.Failed && (!report.IsTransient || attempt++ == MostAttempts)))
                {
                    return report;
                }
                if (report.State == ShardState.Failed)
                {
                    await Task.Delay(Pause, stop);
                }
            }
            catch (Exception e) when (e is OrleansException or TimeoutException or ObjectDisposedException)
            {
                // The next call finds the grain on a silo that lives.
                Interlocked.Increment(ref _lost);
                await Task.Delay(Pause, stop);
            }
        }
    }
}
