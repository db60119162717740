namespace OrleansEmbedding;

/// <summary>Where a shard is.</summary>
public enum ShardState
{
    /// <summary>Waiting for its silo's cores, or computed.</summary>
    Running,

    /// <summary>Its marker is there.</summary>
    Done,

    /// <summary>It ended in an error.</summary>
    Failed,
}
