namespace OrleansEmbedding;

/// <summary>What a silo's workers need to know.</summary>
internal sealed record ShardWorkerSettings
{
    /// <summary>The folder of the plan's model, on every silo.</summary>
    public required string Model { get; init; }

    /// <summary>How long a call waits for the end of its shard; well below Orleans' ResponseTimeout.</summary>
    public TimeSpan Patience { get; init; } = TimeSpan.FromSeconds(10);
}
