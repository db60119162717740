namespace OrleansEmbedding;

/// <summary>One shard of one plan: its key is the shard's number and the plan's file. Orleans decides which silo computes it.</summary>
public interface IShardGrain : IGrainWithIntegerCompoundKey
{
    /// <summary>
    /// Begins the shard, unless it has begun, and waits some seconds for its end. Asked again and again: no call is so long that a silo's death during it would
    /// go unnoticed.
    /// </summary>
    /// <returns>How it stands.</returns>
    Task<ShardReport> RunAsync();
}
