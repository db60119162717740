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
    private readonly Action<ParquetRowGroupWriter, int>? _writeMore;

    /// <param name="stream">Where to, from its start; it has to be readable and seekable, and is left open.</param>
    /// <param name="more">Columns that stand behind these.</param>
    /// <param name="writeMore">Writes them for a group, of so many rows.</param>
    public ShardMetadataWriter(Stream stream, IReadOnlyList<Field>? more = null, Action<ParquetRowGroupWriter, int>? writeMore = null)
    {
        (_stream, _writeMore) = (stream, writeMore);
        var schema = new ParquetSchema([.. _columns.Fields, .. more ?? []]);
        _writer = ParquetWriter.CreateAsync(schema, stream, MetadataColumns.Options).GetAwaiter().GetResult();
    }

    /// <summary>Rows that wait for their group to be written.</summary>
    public int Count => _columns.Count;

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

    /// <summary>Writes the group of the rows that wait.</summary>
    public void WriteGroup()
    {
        using var group = _writer.CreateRowGroup();
        int rows = _columns.Count;
        _columns.WriteTo(group);
        _writeMore?.Invoke(group, rows);
        group.CompleteValidate();
    }
}
