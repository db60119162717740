using System.Text;

namespace Microsoft.ML.Clip;

/// <summary>
/// Reads what <see cref="ClipShardMergeExtensions.Merge"/> has written in clip-retrieval's layout: image embeddings with the paths of their images, in order, for a
/// search index or another file. Memory does not grow with the rows.
/// </summary>
public static class ClipMergedEmbeddings
{
    private const string Images = "img_emb", Metadata = "metadata", PathColumn = "image_path", CaptionColumn = "caption", ErrorColumn = "error";

    /// <summary>The rows, file by file.</summary>
    /// <param name="directory">The directory of the merge, with <c>img_emb</c> and <c>metadata</c> in it.</param>
    /// <returns>The rows; read as they are asked for, once for each enumeration. Thread-safe, each enumeration for itself.</returns>
    /// <exception cref="DirectoryNotFoundException">There is no such directory, or it has no <c>img_emb</c>.</exception>
    /// <exception cref="FileNotFoundException">A file of embeddings has no metadata beside it. Thrown while enumerating.</exception>
    /// <exception cref="InvalidDataException">A file is damaged, or two do not fit together; the message names it. Thrown while enumerating.</exception>
    /// <exception cref="IOException">A file has no bytes or cannot be read. Thrown while enumerating.</exception>
    public static IEnumerable<ClipMergedRow> Read(string directory)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(directory);
        string folder = Path.Combine(directory, Images);
        if (!Directory.Exists(folder))
        {
            throw new DirectoryNotFoundException($"There is no folder '{Images}' in '{directory}'; expected what a merge in clip-retrieval's layout has written.");
        }
        string[] files = [.. Directory.GetFiles(folder, "*.npy").Order(StringComparer.Ordinal)];
        return files.Length > 0 ? files.SelectMany(file => Rows(file, MetadataOf(directory, file)))
            : throw new DirectoryNotFoundException($"There are no embeddings (*.npy) in '{folder}'.");
    }

    // img_emb_0003.npy stands beside metadata_0003.parquet.
    private static string MetadataOf(string directory, string file) =>
        Path.Combine(directory, Metadata, $"{Metadata}{Path.GetFileNameWithoutExtension(file).Replace(Images, "", StringComparison.Ordinal)}.parquet");

    private static IEnumerable<ClipMergedRow> Rows(string embeddings, string metadata)
    {
        if (!File.Exists(metadata))
        {
            throw new FileNotFoundException($"There is no '{metadata}', the metadata of '{embeddings}'.", metadata);
        }
        using var matrix = NpyReader.Open(embeddings);
        using var stream = RegularFile.Open(metadata);
        var footer = ParquetFooter.Read(stream, metadata);
        if (footer.Rows != matrix.Rows)
        {
            throw new InvalidDataException(FormattableString.Invariant($"'{metadata}' has {footer.Rows:N0} rows and '{embeddings}' {matrix.Rows:N0}; expected as many."));
        }
        foreach (var group in footer.RowGroups)
        {
            using var paths = (Texts(stream, metadata, footer, group, PathColumn)
                ?? throw new InvalidDataException($"'{metadata}' has no column '{PathColumn}'.")).GetEnumerator();
            using var captions = Texts(stream, metadata, footer, group, CaptionColumn)?.GetEnumerator();
            using var errors = Texts(stream, metadata, footer, group, ErrorColumn)?.GetEnumerator();
            for (long i = 0; i < group.Rows; i++)
            {
                yield return new(Next(paths) ?? "", Next(captions), Next(errors), matrix.Next());
            }
        }
    }

    private static string? Next(IEnumerator<string?>? values) => values?.MoveNext() == true ? values.Current : null;

    /// <returns>The values of a column of texts; null where there is no such column.</returns>
    private static IEnumerable<string?>? Texts(FileStream stream, string path, ParquetFooter footer, ParquetRowGroup group, string column)
    {
        var leaf = footer.Leaves.FirstOrDefault(l => l.Path == column);
        var chunk = group.Chunks.FirstOrDefault(c => c.Path == column);
        return leaf is null || chunk is null ? null
            : leaf.Type != ParquetLeaf.ByteArray || leaf.IsRepeated || chunk.Values != group.Rows
                ? throw new InvalidDataException($"The column '{column}' of '{path}' is not one text a row.")
            : ParquetColumn.Read(stream, leaf, chunk, $"the column '{column}' of '{path}'").Select(v => v is { } value ? Encoding.UTF8.GetString(value.Bytes.Span) : null);
    }
}
