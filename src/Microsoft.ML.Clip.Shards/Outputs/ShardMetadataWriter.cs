using Parquet;
using Parquet.Schema;

namespace Microsoft.ML.Clip;

/// <summary>
/// Writes what stands beside embeddings, as clip-retrieval does: Parquet with the columns <c>image_path</c> (the key where an image is no file, as there) and
/// <c>caption</c>; and besides <c>status</c> (<c>success</c> or <c>failed</c>) and <c>error</c>. The same rows give the same bytes. Not thread-safe.
/// </summary>
internal sealed class ShardMetadataWriter
{
    private readonly MetadataColumns _columns = new();
    private readonly ParquetWriter _writer;
    private readonly Stream _stream;

    /// <param name="stream">Where to, from its start; it has to be readable and seekable, and is left open.</param>
    public ShardMetadataWriter(Stream stream)
    {
        _stream = stream;
        _writer = ParquetWriter.CreateAsync(new ParquetSchema(_columns.Fields), stream, MetadataColumns.Options).GetAwaiter().GetResult();
    }

    /// <summary>Adds a row.</summary>
    /// <param name="key">What names it within the inputs.</param>
    /// <param name="caption">Its text, if there is one.</param>
    /// <param name="error">Why there is no embedding; <see langword="null"/> if there is one. It is cut at 1,000 characters.</param>
    /// <exception cref="ArgumentException">A text of it is too long.</exception>
    public void Append(string key, string? caption, string? error)
    {
        _columns.Append(key, caption, error);
        if (_columns.IsFull)
        {
            WriteGroup();
        }
    }

    /// <summary>Writes what is left, and the file's end. Without it, it is no Parquet file.</summary>
    public void Complete()
    {
        if (_columns.Count > 0)
        {
            WriteGroup();
        }
        _writer.DisposeAsync().AsTask().GetAwaiter().GetResult();
        ParquetStatistics.Remove(_stream);
    }

    private void WriteGroup()
    {
        using var group = _writer.CreateRowGroup();
        _columns.WriteTo(group);
        group.CompleteValidate();
    }
}
