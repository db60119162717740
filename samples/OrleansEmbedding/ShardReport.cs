namespace OrleansEmbedding;

/// <summary>How a shard stands.</summary>
/// <param name="State">At work, done, or failed.</param>
/// <param name="Rows">Of a shard that is done: its rows.</param>
/// <param name="FailedRows">Those of them whose image cannot be read.</param>
/// <param name="Error">Of one that failed: why.</param>
/// <param name="IsTransient">Whether trying again may help.</param>
[GenerateSerializer, Immutable]
public sealed record ShardReport([property: Id(0)] ShardState State, [property: Id(1)] int Rows = 0, [property: Id(2)] int FailedRows = 0,
    [property: Id(3)] string? Error = null, [property: Id(4)] bool IsTransient = false);
