namespace Microsoft.ML.Clip;

/// <summary>Weights outside an ONNX file. The file says where, and is not to be trusted: a location must name a file of the same model.</summary>
internal static class OnnxExternalData
{
    /// <summary>The names of all files that a graph keeps weights in.</summary>
    /// <exception cref="InvalidDataException">A location leads out of the model.</exception>
    /// <exception cref="FileNotFoundException">A file is missing.</exception>
    public static IReadOnlyList<string> Files(ModelFiles files, OnnxGraph graph) =>
        [.. graph.ExternalLocations.Select(l => Resolve(files, graph, l)).Distinct()];

    /// <summary>The name of the file at a location, which counts from the folder of the ONNX file.</summary>
    public static string Resolve(ModelFiles files, OnnxGraph graph, string location)
    {
        string name = NameAt(graph, location);
        return files.Contains(name) ? name
            : throw new FileNotFoundException($"The weights of {graph.Description} lie in another file, {files.Describe(name)}, which is missing.", name);
    }

    /// <summary>The name of the file at a location, whether there is one or not.</summary>
    public static string NameAt(OnnxGraph graph, string location)
    {
        string path = location.Replace('\\', '/');
        bool stays = path.Length > 0 && !Path.IsPathRooted(path) && !path.Contains(':', StringComparison.Ordinal)
            && !path.Contains('\0', StringComparison.Ordinal) && !path.Split('/').Contains("..");
        if (!stays)
        {
            throw new InvalidDataException($"The file {graph.Description} names '{location}' as the place of its weights, which is not a file beside it. Such a model is not opened.");
        }
        return string.Join('/', graph.FileName.Split('/')[..^1].Concat(path.Split('/').Where(part => part is not ("" or "."))));
    }

    /// <summary>
    /// Where the files really lie, past links: Hugging Face's cache has only links, into a folder of files with other names, and ONNX Runtime reads nothing
    /// that lies outside the folder it is given.
    /// </summary>
    /// <returns>The folder that they are all in, and their names there by location; null if they are in several, or in memory.</returns>
    public static (string Folder, IReadOnlyDictionary<string, string> Names)? RealPlaces(ModelFiles files, OnnxGraph graph)
    {
        var names = new Dictionary<string, string>(StringComparer.Ordinal);
        string? folder = null;
        foreach (string location in graph.ExternalLocations)
        {
            if (files.PhysicalPath(Resolve(files, graph, location)) is not { } path)
            {
                return null;
            }
            string real = RealPath(path), parent = Path.GetDirectoryName(real)!;
            if ((folder ??= parent) != parent)
            {
                return null;
            }
            names[location] = Path.GetFileName(real);
        }
        return folder is null ? null : (folder, names);
    }

    /// <summary>The path of a file past the links that it is.</summary>
    public static string RealPath(string path) => File.ResolveLinkTarget(path, returnFinalTarget: true)?.FullName ?? Path.GetFullPath(path);
}
