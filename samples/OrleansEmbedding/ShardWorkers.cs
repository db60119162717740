using System.Collections.Concurrent;
using Microsoft.ML.Clip;

namespace OrleansEmbedding;

/// <summary>What the grains of a silo share: its model, and its cores, which one shard keeps busy.</summary>
internal sealed class ShardWorkers(ShardWorkerSettings settings) : IAsyncDisposable
{
    private readonly SemaphoreSlim _cores = new(1, 1);
    private readonly CancellationTokenSource _stop = new();
    private readonly ConcurrentDictionary<string, ClipShardPlan> _plans = new(StringComparer.Ordinal);
    private ClipModel? _clip;
    private ClipShardWorker? _worker;
    private int _waiting;

    /// <summary>How long a call waits for the end of its shard.</summary>
    public TimeSpan Patience => settings.Patience;

    /// <summary>How many shards of this silo are computed or wait for that.</summary>
    public int Waiting => Volatile.Read(ref _waiting);

    public async Task<ClipShardResult> RunAsync(string plan, int shard)
    {
        Interlocked.Increment(ref _waiting);
        try
        {
            await _cores.WaitAsync(_stop.Token);
            try
            {
                // The first shard of the silo waits for the model.
                _worker ??= new ClipShardWorker(_clip = ClipModel.Load(settings.Model));
                return await _worker.RunAsync(_plans.GetOrAdd(plan, ClipShardPlan.Load), shard, _stop.Token);
            }
            finally
            {
                _cores.Release();
            }
        }
        finally
        {
            Interlocked.Decrement(ref _waiting);
        }
    }

    /// <summary>Drops the shard at work, then gives the model back.</summary>
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _cores.WaitAsync();
        _clip?.Dispose();
        _cores.Dispose();
        _stop.Dispose();
    }
}
