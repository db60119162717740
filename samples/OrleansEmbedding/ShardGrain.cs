using Microsoft.ML.Clip;

namespace OrleansEmbedding;

/// <summary>Holds the shard's task while it runs. It keeps nothing: what is done is known by the markers beside the plan.</summary>
internal sealed class ShardGrain(ShardWorkers workers) : Grain, IShardGrain
{
    private Task<ClipShardResult>? _work;

    public async Task<ShardReport> RunAsync()
    {
        int shard = (int)this.GetPrimaryKeyLong(out string? plan);
        // Its own threads: a grain's are for short turns.
        _work ??= Task.Run(() => workers.RunAsync(plan!, shard));
        try
        {
            var result = await _work.WaitAsync(workers.Patience);
            DeactivateOnIdle();
            return new(ShardState.Done, result.Rows, result.FailedRows);
        }
        catch (TimeoutException)
        {
            return new(ShardState.Running);
        }
        catch (Exception e) when (e is ClipShardException or OperationCanceledException)
        {
            // The next call begins again, perhaps elsewhere. A silo that is stopped has dropped the shard in good order.
            _work = null;
            DeactivateOnIdle();
            return new(ShardState.Failed, Error: e.Message, IsTransient: e is not ClipShardException { IsTransient: false });
        }
    }
}
