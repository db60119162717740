using System.Text.Json;

namespace Microsoft.ML.Clip;

/// <summary>How results become those of a shard: data first, the marker last. Who is killed on the way has done nothing.</summary>
internal static class ShardPublisher
{
    /// <param name="plan">The plan.</param>
    /// <param name="shard">From 0.</param>
    /// <param name="results">All rows of it.</param>
    /// <param name="counts">What the marker says of them.</param>
    /// <param name="redo">Whether a marker that is there already is replaced.</param>
    /// <param name="cancellation">Ends it while nothing is kept.</param>
    public static ClipShardResult Publish(ClipShardPlan plan, int shard, ShardResults results, in ShardCounts counts, bool redo, CancellationToken cancellation)
    {
        var files = results.Finish(cancellation);
        if (!redo && MarkerFile.Read(plan, shard) is { } other)
        {
            // Somebody was faster. The later one does not replace it, as others may be reading what it names.
            return ClipShardWorker.Skipped(other);
        }
        results.Move();
        var marker = new ShardMarker
        {
            Format = ShardMarker.CurrentFormat,
            Plan = plan.Fingerprint,
            Model = plan.ModelHash,
            Shard = shard,
            Rows = counts.Rows,
            FailedRows = counts.FailedRows,
            Files = files,
            Seconds = Math.Round(counts.Elapsed.TotalSeconds, 3),
            InputBytes = counts.InputBytes,
            Machine = Environment.MachineName,
            Process = Environment.ProcessId,
            Finished = DateTime.UtcNow,
        };
        ShardFiles.WriteWhole(plan.Layout.Marker(shard), plan.Layout.NewTemporary(shard, Guid.NewGuid(), "done"),
            JsonSerializer.SerializeToUtf8Bytes(marker, ShardJson.Default.ShardMarker));
        Leftovers.Remove(plan.Layout.Failure(shard));
        return new(shard, IsSkipped: false, counts.Rows, counts.FailedRows, counts.InputBytes, counts.Elapsed);
    }
}

/// <summary>What is counted while a shard is computed.</summary>
internal readonly record struct ShardCounts(int Rows, int FailedRows, long InputBytes, TimeSpan Elapsed);
