namespace Microsoft.ML.Clip;

/// <summary>A shard that is done.</summary>
/// <param name="Shard">From 0.</param>
/// <param name="IsSkipped">Whether it was done already, by whomever, and nothing of this call's was kept; the other values are then those of who did
/// it.</param>
/// <param name="Rows">How many rows it has.</param>
/// <param name="FailedRows">Those of them that are NaN.</param>
/// <param name="InputBytes">The bytes of the images.</param>
/// <param name="Elapsed">What it took.</param>
public sealed record ClipShardResult(int Shard, bool IsSkipped, int Rows, int FailedRows, long InputBytes, TimeSpan Elapsed)
{
    /// <summary>Rows in a second.</summary>
    public double RowsPerSecond => Elapsed > TimeSpan.Zero ? Rows / Elapsed.TotalSeconds : 0;

    /// <summary>Bytes of images in a second.</summary>
    public double BytesPerSecond => Elapsed > TimeSpan.Zero ? InputBytes / Elapsed.TotalSeconds : 0;
}
