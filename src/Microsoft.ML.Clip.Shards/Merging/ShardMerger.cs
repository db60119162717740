using System.Globalization;
using System.Text.Json;

namespace Microsoft.ML.Clip;

/// <summary>Puts the results of shards together, one file after the other, in memory that does not grow.</summary>
internal sealed class ShardMerger(ClipShardPlan plan, string destination, ClipShardMergeOptions options)
{
    private const int MostNamed = 20;

    // A key of the longest path, a caption and an error.
    private const int MostBytesOfRow = 1 << 22;

    private int ShardsPerFile => Math.Max(1, options.RowsPerFile / plan.Options.RowsPerShard);

    private int FileCount => (int)(((long)plan.ShardCount + ShardsPerFile - 1) / ShardsPerFile);

    public ClipShardMergeResult Run(CancellationToken cancellation)
    {
        try
        {
            RequireNothing();
            // Before anything is written: a merge of thousands of shards should not end at the last one.
            RequireComplete(cancellation);
            return Write(cancellation);
        }
        catch (Exception e) when (ShardFiles.IsOfFiles(e))
        {
            throw ShardFiles.Explain(e, $"The merge into '{destination}' could not be finished");
        }
    }

    private ClipShardMergeResult Write(CancellationToken cancellation)
    {
        string target = Target();
        bool wasThere = Directory.Exists(target), isFree = !wasThere || TryDelete(target);
        string name = $"{Guid.NewGuid():N}.tmp", draft = isFree ? $"{target}.{name}" : Path.Combine(target, name);
        try
        {
            long failed = 0;
            for (int file = 0; file < FileCount; file++)
            {
                failed += Write(draft, file, cancellation);
            }
            Flush(draft);
            if (isFree)
            {
                Directory.Move(draft, target);
                DirectorySync.Flush(Path.GetDirectoryName(target)!);
            }
            else
            {
                MoveInto(draft, target);
            }
            long bytes = new DirectoryInfo(target).EnumerateFiles("*", SearchOption.AllDirectories).Sum(f => f.Length);
            return new(destination, FileCount, plan.RowCount, failed, bytes);
        }
        finally
        {
            if (Directory.Exists(draft))
            {
                Directory.Delete(draft, recursive: true);
            }
            if (wasThere && !Directory.Exists(target))
            {
                Directory.CreateDirectory(target);
            }
        }
    }

    // The names of the files, before anybody sees that of their folder.
    private static void Flush(string draft)
    {
        foreach (string part in Directory.GetDirectories(draft))
        {
            DirectorySync.Flush(part);
        }
        DirectorySync.Flush(draft);
    }

    // A link to a directory stays one: it is there to have the files on another disk.
    private string Target() => Path.TrimEndingDirectorySeparator(
        Directory.Exists(destination) && Directory.ResolveLinkTarget(destination, returnFinalTarget: true) is { } link ? link.FullName : destination);

    // A directory where a disk is mounted, as containers have it, cannot be exchanged for another; it is filled instead.
    private static bool TryDelete(string directory)
    {
        try
        {
            Directory.Delete(directory);
            return true;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    // The images' embeddings last: by them readers know a merge.
    private static void MoveInto(string draft, string target)
    {
        foreach (string part in Directory.GetDirectories(draft).OrderDescending(StringComparer.Ordinal))
        {
            Directory.Move(part, Path.Combine(target, Path.GetFileName(part)));
        }
        DirectorySync.Flush(target);
    }

    private void RequireNothing()
    {
        if (File.Exists(destination) || (Directory.Exists(destination) && Directory.EnumerateFileSystemEntries(destination).Any()))
        {
            throw new ClipShardException(ClipShardProblem.Output, $"'{destination}' holds something; expected a directory that is empty or not there.");
        }
        if (Directory.GetParent(destination) is { } parent)
        {
            parent.Create();
        }
    }

    private void RequireComplete(CancellationToken cancellation)
    {
        var status = plan.GetStatus(verify: false, cancellation);
        if (!status.IsComplete)
        {
            throw new ClipShardException(ClipShardProblem.Incomplete, $"{status.Remaining.Count:N0} of the {plan.ShardCount:N0} shards are not done: {ClipShardStatus.ToArrayExpression([.. status.Remaining.Take(MostNamed)])}{(status.Remaining.Count > MostNamed ? ", ..." : "")}."
                + (status.Failures.Count > 0 ? $" {Named(status.Failures[0])}" : ""));
        }
    }

    // Most messages begin with their shard themselves.
    private static string Named(ClipShardFailure failure) =>
        failure.Message.StartsWith($"Shard {failure.Shard}", StringComparison.Ordinal) ? failure.Message : $"Shard {failure.Shard}: {failure.Message}";

    /// <returns>How many rows failed.</returns>
    private long Write(string draft, int file, CancellationToken cancellation)
    {
        int first = file * ShardsPerFile, end = Math.Min(first + ShardsPerFile, plan.ShardCount);
        ShardMarker[] markers = [.. Enumerable.Range(first, end - first).Select(shard => MarkerFile.Read(plan, shard)
            ?? throw new ClipShardException(ClipShardProblem.Incomplete, $"The marker of shard {shard} has gone while shards were merged.") { Shard = shard })];
        if (options.Layout == ClipShardMergeLayout.Parquet)
        {
            WriteTogether(Path.Combine(draft, "embeddings", Name("embeddings", file, "parquet")), markers, cancellation);
        }
        else
        {
            WriteApart(draft, file, markers, cancellation);
        }
        return markers.Sum(m => (long)m.FailedRows);
    }

    private void WriteApart(string draft, int file, ShardMarker[] markers, CancellationToken cancellation)
    {
        WriteEmbeddings(Path.Combine(draft, "img_emb", Name("img_emb", file, "npy")), markers, ShardLayout.Images, cancellation);
        if (plan.Options.Texts)
        {
            WriteEmbeddings(Path.Combine(draft, "text_emb", Name("text_emb", file, "npy")), markers, ShardLayout.Texts, cancellation);
        }
        WriteMetadata(Path.Combine(draft, "metadata", Name("metadata", file, "parquet")), markers, cancellation);
    }

    private void WriteTogether(string path, ShardMarker[] markers, CancellationToken cancellation)
    {
        using var output = Create(path);
        var writer = new ShardEmbeddingWriter(output, plan.EmbeddingDimension, plan.Options.Texts);
        foreach (var marker in markers)
        {
            using var images = new ShardMatrix(plan, marker, ShardLayout.Images);
            using var texts = plan.Options.Texts ? new ShardMatrix(plan, marker, ShardLayout.Texts) : null;
            using var metadata = HashedShardFile.Open(plan, marker, ShardLayout.Metadata);
            int rows = 0;
            foreach (var row in Rows(marker, metadata, cancellation))
            {
                RequireRows(marker, ++rows <= marker.Rows, rows);
                writer.Append(row.Key, row.Caption, row.Error, images.Next(), texts is null ? default : texts.Next());
            }
            RequireRows(marker, rows == marker.Rows, rows);
            images.Complete(cancellation);
            texts?.Complete(cancellation);
        }
        writer.Complete();
        output.Flush(flushToDisk: true);
    }

    private void WriteEmbeddings(string path, ShardMarker[] markers, string kind, CancellationToken cancellation)
    {
        using var output = Create(path);
        output.Write(NpyWriter.Header(markers.Sum(m => (long)m.Rows), plan.EmbeddingDimension, plan.Options.Half));
        foreach (var marker in markers)
        {
            using var input = new ShardMatrix(plan, marker, kind);
            input.CopyTo(output, cancellation);
        }
        output.Flush(flushToDisk: true);
    }

    private void WriteMetadata(string path, ShardMarker[] markers, CancellationToken cancellation)
    {
        using var output = Create(path);
        var writer = new ShardMetadataWriter(output);
        foreach (var marker in markers)
        {
            using var input = HashedShardFile.Open(plan, marker, ShardLayout.Metadata);
            int rows = 0;
            foreach (var row in Rows(marker, input, cancellation))
            {
                writer.Append(row.Key, row.Caption, row.Error);
                rows++;
            }
            RequireRows(marker, rows == marker.Rows, rows);
        }
        writer.Complete();
        output.Flush(flushToDisk: true);
    }

    private IEnumerable<ShardMetadataRow> Rows(ShardMarker marker, HashedShardFile input, CancellationToken cancellation)
    {
        using var lines = input.Lines(MostBytesOfRow, cancellation).GetEnumerator();
        while (true)
        {
            ShardMetadataRow? row;
            try
            {
                if (!lines.MoveNext())
                {
                    yield break;
                }
                row = JsonSerializer.Deserialize(lines.Current, ShardJson.Default.ShardMetadataRow);
            }
            catch (Exception e) when (e is JsonException or InvalidDataException)
            {
                throw Unreadable(marker, e.Message);
            }
            yield return row ?? throw Unreadable(marker, "a line is null");
        }
    }

    private void RequireRows(ShardMarker marker, bool isRight, int rows)
    {
        if (!isRight)
        {
            throw Unreadable(marker, $"it has {rows:N0} rows; expected {marker.Rows:N0}");
        }
    }

    private ClipShardException Unreadable(ShardMarker marker, string problem) =>
        MarkerFile.Error(plan.Layout.Marker(marker.Shard), marker.Shard, $"'{marker.File(ShardLayout.Metadata).Name}' cannot be read: {problem}");

    // As many digits as the last one needs, so that names are in the order of the rows, and no less than clip-retrieval's.
    private string Name(string kind, int file, string extension)
    {
        int digits = Math.Max(4, (FileCount - 1).ToString(CultureInfo.InvariantCulture).Length);
        return $"{kind}_{file.ToString(CultureInfo.InvariantCulture).PadLeft(digits, '0')}.{extension}";
    }

    private static FileStream Create(string path)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        return new FileStream(path, FileMode.CreateNew, FileAccess.ReadWrite, FileShare.None, 1 << 16);
    }
}
