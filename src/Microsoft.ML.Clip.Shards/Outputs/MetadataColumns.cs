using Parquet;
using Parquet.Schema;

namespace Microsoft.ML.Clip;

/// <summary>The columns of texts, as far as they are not written yet.</summary>
/// <remarks>
/// The same rows give the same bytes, whatever machine writes them: pages are not packed, as what a packer gives depends on its version and on the processor,
/// and groups of rows end where a rule says that knows only the rows.
/// </remarks>
internal sealed class MetadataColumns
{
    public const string ImagePath = "image_path", Caption = "caption", Status = "status", Error = "error";

    /// <summary>What <see cref="Status"/> says; img2dataset's word for what went well.</summary>
    public const string Success = "success", Failed = "failed";

    /// <summary>The most rows of a group.</summary>
    public const int MaximumRows = 16_384;

    // And its most characters, by which the last row may go beyond.
    private const int MaximumCharacters = 8 << 20;

    // Heads of pages repeat the first and the last text, in order, and readers of foreign files take none of a megabyte.
    private const int MaximumText = InputFiles.MaximumCaption, MaximumError = 1_000;

    private readonly List<(DataField Field, List<string?> Values)> _columns = [];
    private readonly List<string?> _paths, _captions, _states, _errors;
    private long _characters;

    public MetadataColumns()
    {
        (_paths, _captions) = (Add(ImagePath, isNullable: false), Add(Caption, isNullable: true));
        (_states, _errors) = (Add(Status, isNullable: false), Add(Error, isNullable: true));

        List<string?> Add(string name, bool isNullable)
        {
            List<string?> values = [];
            _columns.Add((new DataField<string>(name, isNullable), values));
            return values;
        }
    }

    public static ParquetOptions Options
    {
        get
        {
            var options = new ParquetOptions { CompressionMethod = CompressionMethod.None };
            options.ColumnEncodingHints[Status] = EncodingHint.Dictionary;
            return options;
        }
    }

    public IEnumerable<Field> Fields => _columns.Select(c => c.Field);

    public int Count => _paths.Count;

    public bool IsFull => Count >= MaximumRows || _characters >= MaximumCharacters;

    /// <exception cref="ArgumentException">A text is longer than is written.</exception>
    public void Append(string key, string? caption, string? error)
    {
        if (key.Length > MaximumText || caption?.Length > MaximumText)
        {
            throw new ArgumentException($"The row '{InputFiles.Cut(key)}' has a name of {key.Length} characters and a caption of {caption?.Length ?? 0}; {MaximumText} are the most.", nameof(key));
        }
        error = error is null ? null : InputFiles.Cut(error, MaximumError);
        _paths.Add(key);
        _captions.Add(caption);
        _states.Add(error is null ? Success : Failed);
        _errors.Add(error);
        _characters += key.Length + (caption?.Length ?? 0) + (error?.Length ?? 0);
    }

    public void WriteTo(ParquetRowGroupWriter group)
    {
        foreach (var (field, values) in _columns)
        {
            group.WriteAsync(field, values).GetAwaiter().GetResult();
            values.Clear();
        }
        _characters = 0;
    }
}
