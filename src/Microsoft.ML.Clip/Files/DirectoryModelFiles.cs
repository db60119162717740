namespace Microsoft.ML.Clip;

/// <summary>The files of a model directory, as they were when it was listed.</summary>
internal sealed class DirectoryModelFiles : ModelFiles
{
    // Model directories are two levels deep (onnx/model.onnx, visual/model.onnx); deeper trees are somebody else's (a repository's .git).
    private const int MaximumDepth = 2;

    /// <exception cref="DirectoryNotFoundException">There is no such directory.</exception>
    public DirectoryModelFiles(string directory) : base($"'{Path.GetFullPath(directory)}'", List(Path.GetFullPath(directory))) => Root = Path.GetFullPath(directory);

    public override string Root { get; }

    protected override Stream Open(string name)
    {
        string path = Path.Combine(Root, name);
        return RegularFile.WhyNot(path) is { } reason ? throw new InvalidDataException($"The file {Describe(name)} cannot be read: {reason}.") : RegularFile.Open(path);
    }

    private static IEnumerable<string> List(string root)
    {
        if (!Directory.Exists(root))
        {
            throw new DirectoryNotFoundException(File.Exists(root)
                ? $"A CLIP model is a directory, but '{root}' is a file. Pass the directory that holds config.json and the ONNX files."
                : $"There is no CLIP model directory '{root}'.");
        }
        var options = new EnumerationOptions { RecurseSubdirectories = true, MaxRecursionDepth = MaximumDepth, IgnoreInaccessible = true };
        return Directory.EnumerateFiles(root, "*", options).Select(f => Path.GetRelativePath(root, f).Replace('\\', '/'));
    }
}
