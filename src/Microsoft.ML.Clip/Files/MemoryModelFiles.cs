namespace Microsoft.ML.Clip;

/// <summary>The files of a model held in memory, as read from a saved ML.NET model.</summary>
internal sealed class MemoryModelFiles : ModelFiles
{
    private readonly IReadOnlyDictionary<string, byte[]> _files;
    private readonly List<string> _names;

    public MemoryModelFiles(IReadOnlyDictionary<string, byte[]> files, string location)
    {
        (_files, Location) = (files, location);
        _names = [.. files.Keys];
        _names.Sort(StringComparer.Ordinal);
    }

    public override string Location { get; }

    public override IReadOnlyList<string> Names => _names;

    public override Stream OpenRead(string name) => new MemoryStream(_files.TryGetValue(name, out byte[]? bytes) ? bytes
        : throw NotFound(name), writable: false);

    public override string? PhysicalPath(string name) => null;
}
