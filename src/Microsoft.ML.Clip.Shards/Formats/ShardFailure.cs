namespace Microsoft.ML.Clip;

/// <summary>failed/NNNNNN.json: what kept the last worker from finishing a shard. Nobody's decision depends on it.</summary>
internal sealed record ShardFailure
{
    public const string CurrentFormat = "clip-shard-failed/1";

    /// <summary>A hundred rows with their paths.</summary>
    public const int MostBytes = 1 << 20, MostRows = 100;

    public required string Format { get; init; }

    public required string Plan { get; init; }

    public required int Shard { get; init; }

    public required string Problem { get; init; }

    public required string Message { get; init; }

    /// <summary>Rows that failed, the first of them.</summary>
    public IReadOnlyList<ShardFailedRow> Rows { get; init; } = [];

    public required string Machine { get; init; }

    public required DateTime Time { get; init; }
}
