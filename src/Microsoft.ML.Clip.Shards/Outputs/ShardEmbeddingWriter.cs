using Parquet;
using Parquet.Schema;

namespace Microsoft.ML.Clip;

/// <summary>
/// Writes embeddings and what stands beside them into one Parquet file, for DuckDB and Spark: the columns of <see cref="ShardMetadataWriter"/>,
/// <c>image_embedding</c>, a list of 32-bit numbers, and, where there are texts, <c>text_embedding</c>. A row that failed has numbers that are NaN, so that
/// every list is of one length. The same rows give the same bytes. Not thread-safe.
/// </summary>
internal sealed class ShardEmbeddingWriter
{
    public const string ImageEmbedding = "image_embedding", TextEmbedding = "text_embedding";

    // Of a group of rows, for each of the two columns: 8 MB.
    private const int MaximumValues = 1 << 21;

    // The list is there (1), and so is the number in it (2).
    private const int DefinitionOfValue = 2;

    private readonly ShardMetadataWriter _metadata;
    private readonly int _dimension;
    private readonly int[] _definitions, _repetitions;
    private readonly ListColumn[] _lists;

    /// <param name="stream">Where to, from its start; it has to be readable and seekable, and is left open.</param>
    /// <param name="dimension">Numbers in an embedding.</param>
    /// <param name="hasTexts">Whether there is a column of embeddings of texts.</param>
    public ShardEmbeddingWriter(Stream stream, int dimension, bool hasTexts)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(dimension);
        int rows = Math.Max(MaximumValues / dimension, 1);
        _dimension = dimension;
        _definitions = new int[rows * dimension];
        _definitions.AsSpan().Fill(DefinitionOfValue);
        _repetitions = new int[rows * dimension];
        _repetitions.AsSpan().Fill(1);
        for (int row = 0; row < rows; row++)
        {
            _repetitions[row * dimension] = 0;
        }
        _lists = hasTexts ? [new(ImageEmbedding, rows * dimension), new(TextEmbedding, rows * dimension)] : [new(ImageEmbedding, rows * dimension)];
        _metadata = new ShardMetadataWriter(stream, [.. _lists.Select(l => l.List)], WriteLists);
    }

    /// <summary>Adds a row.</summary>
    /// <param name="key">What names it within the inputs.</param>
    /// <param name="caption">Its text, if there is one.</param>
    /// <param name="error">Why there is no embedding; <see langword="null"/> if there is one.</param>
    /// <param name="image">[dimension].</param>
    /// <param name="text">[dimension], or nothing where there is no such column.</param>
    /// <exception cref="ArgumentException">An embedding is of another length, or a text too long.</exception>
    public void Append(string key, string? caption, string? error, ReadOnlySpan<float> image, ReadOnlySpan<float> text = default)
    {
        if (image.Length != _dimension || text.Length != (_lists.Length > 1 ? _dimension : 0))
        {
            throw new ArgumentException($"There are embeddings of {image.Length} and {text.Length} numbers; expected {_dimension} and {(_lists.Length > 1 ? _dimension : 0)}.", nameof(image));
        }
        int at = _metadata.Count * _dimension;
        image.CopyTo(_lists[0].Values.AsSpan(at));
        if (_lists.Length > 1)
        {
            text.CopyTo(_lists[1].Values.AsSpan(at));
        }
        // The last: where the group is full, it is written with the row's embeddings.
        _metadata.Append(key, caption, error);
        if (_metadata.Count > 0 && at + (2L * _dimension) > _definitions.Length)
        {
            _metadata.WriteGroup();
        }
    }

    /// <summary>Writes what is left, and the file's end. Without it, it is no Parquet file.</summary>
    public void Complete() => _metadata.Complete();

    private void WriteLists(ParquetRowGroupWriter group, int rows)
    {
        int values = rows * _dimension;
        ReadOnlyMemory<int> definitions = _definitions.AsMemory(0, values), repetitions = _repetitions.AsMemory(0, values);
        foreach (var list in _lists)
        {
            group.WriteAllPartsAsync<float>(list.Value, list.Values.AsMemory(0, values), definitions, repetitions, CancellationToken.None)
                .GetAwaiter().GetResult();
        }
    }

    private sealed class ListColumn
    {
        public ListColumn(string name, int values)
        {
            Value = new DataField<float>(ListField.ElementName, nullable: false);
            List = new ListField(name, Value);
            Values = new float[values];
        }

        public DataField Value { get; }

        public ListField List { get; }

        public float[] Values { get; }
    }
}
