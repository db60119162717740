namespace Microsoft.ML.Clip;

/// <summary>The files of a model directory, as they were when it was listed.</summary>
internal sealed class DirectoryModelFiles : ModelFiles
{
    // Model directories are two levels deep (onnx/model.onnx, visual/model.onnx); deeper trees are somebody else's (a repository's .git).
    private const int MaximumDepth = 2;

    /// <exception cref="DirectoryNotFoundException">There is no such directory.</exception>
    /// <exception cref="IOException">It cannot be listed.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be listed.</exception>
    public DirectoryModelFiles(string directory) : this(List(Path.GetFullPath(directory)))
    {
    }

    private DirectoryModelFiles((string Root, string Location, IEnumerable<string> Names) listing) : base(listing.Location, listing.Names) =>
        Root = listing.Root;

    public override string Root { get; }

    protected override Stream Open(string name)
    {
        string path = Path.Combine(Root, name);
        return RegularFile.WhyNot(path) is { } reason ? throw new InvalidDataException($"The file {Describe(name)} cannot be read: {reason}.") : RegularFile.Open(path);
    }

    private static (string Root, string Location, IEnumerable<string> Names) List(string root)
    {
        if (!Folders.Exists(root, "The CLIP model directory"))
        {
            throw new DirectoryNotFoundException(File.Exists(root)
                ? $"A CLIP model is a directory, but '{root}' is a file. Pass the directory that holds config.json and the ONNX files."
                : $"There is no CLIP model directory '{root}'.");
        }
        var refused = new List<string>();
        var names = Folders.Files(root, MaximumDepth, (folder, why) => refused.Add($"'{folder}' in it cannot be listed: {why.Message.TrimEnd('.')}"));
        // Part of the location, as whatever is then missing may lie there. A folder that has nothing to do with the model (lost+found) is no error.
        return (root, refused.Count == 0 ? $"'{root}'" : $"'{root}' ({string.Join("; ", refused)})", names);
    }
}
