namespace Microsoft.ML.Clip;

/// <summary>
/// A view of a model's files that notes which were opened: these are what something was made of, and all that is needed to make it again. Thread-safe.
/// </summary>
internal sealed class RecordingModelFiles : ModelFiles
{
    private readonly ModelFiles _files;
    private readonly Lock _lock = new();
    private readonly SortedSet<string> _opened = new(StringComparer.Ordinal);

    public RecordingModelFiles(ModelFiles files) : base(files) => _files = files;

    public override string? Root => _files.Root;

    public override bool IsForeign => _files.IsForeign;

    /// <summary>The names of the files that have been opened, in ordinal order.</summary>
    public IReadOnlyList<string> Opened
    {
        get
        {
            lock (_lock)
            {
                return [.. _opened];
            }
        }
    }

    protected override Stream Open(string name) => _files.OpenRead(Note(name));

    protected override string? Locate(string name) => _files.PhysicalPath(Note(name));

    private string Note(string name)
    {
        lock (_lock)
        {
            _opened.Add(name);
        }
        return name;
    }
}
