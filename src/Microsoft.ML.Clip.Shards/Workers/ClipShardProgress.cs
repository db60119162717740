namespace Microsoft.ML.Clip;

/// <summary>How far a shard is.</summary>
/// <param name="Shard">From 0.</param>
/// <param name="Rows">How many rows it has.</param>
/// <param name="RowsDone">Rows that are written, failed ones included.</param>
/// <param name="FailedRows">Rows that failed so far.</param>
/// <param name="InputBytes">The bytes of the images so far.</param>
/// <param name="Elapsed">The time since it was begun.</param>
public readonly record struct ClipShardProgress(int Shard, int Rows, int RowsDone, int FailedRows, long InputBytes, TimeSpan Elapsed)
{
    /// <summary>Rows in a second, since the shard was begun.</summary>
    public double RowsPerSecond => Elapsed > TimeSpan.Zero ? RowsDone / Elapsed.TotalSeconds : 0;
}
