namespace Microsoft.ML.Clip;

/// <summary>The files of a model directory. Only names found by listing it are opened, so no name can lead out of it.</summary>
internal sealed class DirectoryModelFiles : ModelFiles
{
    // Model directories are two levels deep (onnx/model.onnx, visual/model.onnx); deeper trees are somebody else's (a repository's .git).
    private const int MaximumDepth = 2;

    private readonly string _root;
    private readonly List<string> _names;

    public DirectoryModelFiles(string directory)
    {
        _root = Path.GetFullPath(directory);
        if (!Directory.Exists(_root))
        {
            throw new DirectoryNotFoundException(File.Exists(_root)
                ? $"A CLIP model is a directory, but '{_root}' is a file. Pass the directory that holds config.json and the ONNX files."
                : $"There is no CLIP model directory '{_root}'.");
        }
        var options = new EnumerationOptions { RecurseSubdirectories = true, MaxRecursionDepth = MaximumDepth, IgnoreInaccessible = true };
        _names = [.. Directory.EnumerateFiles(_root, "*", options).Select(f => Path.GetRelativePath(_root, f).Replace('\\', '/'))];
        _names.Sort(StringComparer.Ordinal);
    }

    public override string Location => $"'{_root}'";

    public override IReadOnlyList<string> Names => _names;

    public override Stream OpenRead(string name) => File.OpenRead(PhysicalPath(name) ?? throw NotFound(name));

    public override string? PhysicalPath(string name) => Contains(name) ? Path.Combine(_root, name) : null;
}
