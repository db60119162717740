namespace Microsoft.ML.Clip;

/// <summary>The files of a model directory. Only names found by listing it are opened, so no name can lead out of it.</summary>
internal sealed class DirectoryModelFiles : ModelFiles
{
    // Model directories are two levels deep (onnx/model.onnx, visual/model.onnx); deeper trees are somebody else's (a repository's .git).
    private const int MaximumDepth = 2;

    private readonly List<string> _names;

    public DirectoryModelFiles(string directory)
    {
        Root = Path.GetFullPath(directory);
        if (!Directory.Exists(Root))
        {
            throw new DirectoryNotFoundException(File.Exists(Root)
                ? $"A CLIP model is a directory, but '{Root}' is a file. Pass the directory that holds config.json and the ONNX files."
                : $"There is no CLIP model directory '{Root}'.");
        }
        var options = new EnumerationOptions { RecurseSubdirectories = true, MaxRecursionDepth = MaximumDepth, IgnoreInaccessible = true };
        _names = [.. Directory.EnumerateFiles(Root, "*", options).Select(f => Path.GetRelativePath(Root, f).Replace('\\', '/'))];
        _names.Sort(StringComparer.Ordinal);
    }

    /// <summary>The directory's full path.</summary>
    public string Root { get; }

    public override string Location => $"'{Root}'";

    public override IReadOnlyList<string> Names => _names;

    public override Stream OpenRead(string name) => File.OpenRead(PhysicalPath(name) ?? throw NotFound(name));

    public override string? PhysicalPath(string name) => Contains(name) ? Path.Combine(Root, name) : null;
}
