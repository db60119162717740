using System.Text;

namespace Microsoft.ML.Clip;

/// <summary>Parquet files with a column of images, or of their paths, and perhaps one of captions.</summary>
/// <param name="root">The folder that names are relative to.</param>
/// <param name="find">Finds the files when a plan is made.</param>
/// <param name="imageColumn">The images' column, or the group of <c>bytes</c> and <c>path</c>.</param>
/// <param name="captionColumn">The captions' column.</param>
/// <param name="imageFolder">The folder that paths are relative to; <see langword="null"/> where the column has bytes.</param>
internal sealed class ParquetInput(string root, Func<IEnumerable<string>> find, string imageColumn, string? captionColumn, string? imageFolder) : IShardInput
{
    private static readonly UTF8Encoding Utf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    public bool HasPaths => imageFolder is not null;

    public IEnumerable<ShardInputFile> List(CancellationToken cancellation)
    {
        if (imageFolder is not null && !Directory.Exists(imageFolder))
        {
            throw new ClipShardException(ClipShardProblem.Input, $"There is no folder '{imageFolder}'.");
        }
        foreach (string path in find())
        {
            cancellation.ThrowIfCancellationRequested();
            yield return InputFiles.Planned(() => Survey(path));
        }
    }

    public ShardInputFile Look(ShardInputFile planned) => InputFiles.Look(root, planned);

    public IEnumerable<ShardRow> Read(ShardInputFile file, long first, long count, CancellationToken cancellation)
    {
        string path = Path.Combine(root, InputFiles.Relative(root, file.Name));
        using var stream = RegularFile.Open(path);
        var columns = Open(stream, path, file);
        long before = 0;
        foreach (var group in columns.Footer.RowGroups)
        {
            long from = Math.Max(first - before, 0), end = Math.Min(first + count - before, group.Rows);
            if (from < end)
            {
                using var images = new ColumnRows(stream, path, group, columns.Image);
                using var captions = columns.Caption is null ? null : new ColumnRows(stream, path, group, columns.Caption);
                for (long i = 0; i < end; i++)
                {
                    cancellation.ThrowIfCancellationRequested();
                    var image = images.Next();
                    var caption = captions?.Next();
                    if (i >= from)
                    {
                        yield return Row(FormattableString.Invariant($"{file.Name}[{before + i}]"), image, images.Error, caption, captions?.Error);
                    }
                }
            }
            before += group.Rows;
        }
    }

    private ShardInputFile Survey(string path)
    {
        string name = InputFiles.Relative(root, path);
        var facts = InputFiles.Facts(root, name) ?? throw new FileNotFoundException($"There is no file '{path}'.", path);
        using var stream = RegularFile.Open(path);
        return facts with { Rows = Columns(stream, path).Footer.Rows };
    }

    private (ParquetFooter Footer, ParquetLeaf Image, ParquetLeaf? Caption) Open(FileStream stream, string path, ShardInputFile file)
    {
        try
        {
            var columns = Columns(stream, path);
            return columns.Footer.Rows == file.Rows ? columns
                : throw new InvalidDataException(FormattableString.Invariant($"it has {columns.Footer.Rows} rows, and had {file.Rows}."));
        }
        catch (InvalidDataException e)
        {
            throw new ClipShardException(ClipShardProblem.InputChanged, $"'{path}' is not as it was when the plan was made: {e.Message}", e);
        }
    }

    private (ParquetFooter Footer, ParquetLeaf Image, ParquetLeaf? Caption) Columns(FileStream stream, string path)
    {
        var footer = ParquetFooter.Read(stream, path);
        string[] images = imageFolder is null ? [imageColumn + ".bytes", imageColumn] : [imageColumn + ".path", imageColumn];
        return (footer, Leaf(images), captionColumn is null ? null : Leaf([captionColumn]));

        ParquetLeaf Leaf(string[] names)
        {
            var leaf = names.Select(n => footer.Leaves.FirstOrDefault(l => l.Path == n)).FirstOrDefault(l => l is not null)
                ?? throw new InvalidDataException($"'{path}' has no column '{names[^1]}'; its columns are {string.Join(", ", footer.Leaves.Take(50).Select(l => $"'{InputFiles.Cut(l.Path)}'"))}.");
            return leaf.Type == ParquetLeaf.ByteArray && !leaf.IsRepeated ? leaf
                : throw new InvalidDataException($"The column '{leaf.Path}' of '{path}' is {(leaf.IsRepeated ? "of lists" : $"of type {leaf.Type}")}; expected bytes or texts (6), one a row.");
        }
    }

    private ShardRow Row(string key, ReadOnlyMemory<byte>? image, string? imageError, ReadOnlyMemory<byte>? captionBytes, string? captionError)
    {
        string? error = imageError ?? captionError;
        string? caption = captionBytes is { } bytes && error is null ? Text(bytes, InputFiles.MaximumCaption, "caption", ref error) : null;
        if (error is null && image is not { IsEmpty: false })
        {
            error = imageFolder is null ? $"There is no image in the column '{imageColumn}': a file's path alone, or nothing." : $"There is no path in the column '{imageColumn}'.";
        }
        if (imageFolder is null || error is not null)
        {
            return new(key, null, error is null ? image!.Value : default, caption, error);
        }
        string? path = null, named = Text(image!.Value, 4 * InputFiles.MaximumName, "path", ref error);
        string? name = named is null ? null : InputFiles.NameWithin(imageFolder, named);
        if (error is null)
        {
            path = name is null ? null : Path.Combine(imageFolder, name);
            error = path is null ? $"The path is '{InputFiles.Cut(named!)}'; expected one within '{imageFolder}'."
                : !File.Exists(path) ? $"There is no file '{path}'."
                : RegularFile.WhyNot(path) is { } reason ? $"The file '{path}' cannot be read: {reason}." : null;
        }
        return new(name ?? key, error is null ? path : null, default, caption, error);
    }

    private static string? Text(ReadOnlyMemory<byte> bytes, int most, string what, ref string? error)
    {
        try
        {
            error = bytes.Length <= most ? null : FormattableString.Invariant($"The {what} has {bytes.Length:N0} bytes; expected at most {most:N0}.");
            return error is null ? Utf8.GetString(bytes.Span) : null;
        }
        catch (DecoderFallbackException)
        {
            error = $"The {what} is not UTF-8.";
            return null;
        }
    }

    /// <summary>The values of a column in a group of rows. After one that cannot be read, all others of the group cannot be: they keep their places.</summary>
    private sealed class ColumnRows : IDisposable
    {
        private readonly IEnumerator<ParquetValue?>? _values;

        public ColumnRows(FileStream stream, string path, ParquetRowGroup group, ParquetLeaf leaf)
        {
            var chunk = group.Chunks.FirstOrDefault(c => c.Path == leaf.Path);
            if (chunk is null || chunk.Values != group.Rows)
            {
                Error = FormattableString.Invariant($"The column '{leaf.Path}' of '{path}' has {chunk?.Values ?? 0} values for the {group.Rows} rows of its group.");
                return;
            }
            _values = ParquetColumn.Read(stream, leaf, chunk, $"the column '{leaf.Path}' of '{path}'").GetEnumerator();
        }

        public string? Error { get; private set; }

        public ReadOnlyMemory<byte>? Next()
        {
            if (Error is not null)
            {
                return null;
            }
            try
            {
                if (_values!.MoveNext())
                {
                    return _values.Current?.Bytes;
                }
                Error = "The column ends before its group of rows does.";
            }
            catch (Exception e) when (e is InvalidDataException or EndOfStreamException)
            {
                Error = e.Message;
            }
            return null;
        }

        public void Dispose() => _values?.Dispose();
    }
}
