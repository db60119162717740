namespace Microsoft.ML.Clip;

/// <summary>An encoder as somebody exported it: one ONNX file, and those beside it that hold its weights.</summary>
internal sealed class TowerSource : ModelFiles
{
    // What is written here is at least this, and so is what ONNX Runtime still runs.
    private const int LeastOperators = 7;

    private TowerSource(string folder, IEnumerable<string> names) : base($"'{folder}'", names) => Root = folder;

    public override string Root { get; }

    /// <summary>Opens an encoder to change it.</summary>
    /// <exception cref="FileNotFoundException">There is no such file, or one that holds its weights is missing.</exception>
    /// <exception cref="InvalidDataException">It is no ONNX file, or one of a version that nothing can be added to.</exception>
    public static GraphDraft Draft(string path)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(path, nameof(ClipImageTower.OnnxFile));
        string full = Path.GetFullPath(path);
        if (!File.Exists(full))
        {
            throw new FileNotFoundException($"There is no encoder '{path}'.", path);
        }
        string folder = Path.GetDirectoryName(full)!;
        var files = new TowerSource(folder, Folders.Files(folder, depth: 1, (_, _) => { }));
        return Draft(files, OnnxGraphReader.Read(files, Path.GetFileName(full)));
    }

    /// <summary>A graph that something is added to.</summary>
    public static GraphDraft Draft(ModelFiles files, OnnxGraph graph)
    {
        foreach (string file in OnnxExternalData.Files(files, graph))
        {
            files.OpenRead(file).Dispose();
        }
        var draft = new GraphDraft(files, graph);
        OperatorUpgrade.Apply(draft);
        return draft.OperatorVersion() is not < LeastOperators ? draft
            : throw new InvalidDataException($"The graph {graph.Description} is written in version {draft.OperatorVersion()} of ONNX's operators; expected {LeastOperators} or later. Export it again.");
    }

    protected override Stream Open(string name) => RegularFile.Open(Path.Combine(Root, name));
}
