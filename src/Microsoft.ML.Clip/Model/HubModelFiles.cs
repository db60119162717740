namespace Microsoft.ML.Clip;

/// <summary>Which files of a repository one variant of a model needs.</summary>
internal static class HubModelFiles
{
    private const char Separator = '/';

    /// <summary>The graphs of both towers, their weights as far as names tell, and what describes the model, its images and its texts.</summary>
    /// <param name="repository">Whose files they are, for messages.</param>
    /// <param name="names">The names of all files.</param>
    /// <param name="variant">The variant; null for the default.</param>
    /// <param name="prefersCombined">Whether the graph of both towers is worth more than each by itself, which are as large together.</param>
    /// <exception cref="ClipHubException">There is no ONNX file at all, none of a layout that is known, or none of the variant.</exception>
    public static IReadOnlyList<string> Choose(string repository, IEnumerable<string> names, string? variant, bool prefersCombined = false)
    {
        var files = new ListedFiles($"the repository '{repository}'", names);
        if (!files.Names.Any(n => n.EndsWith(KnownFiles.OnnxExtension, StringComparison.OrdinalIgnoreCase)))
        {
            throw new ClipHubException(ClipHubProblem.NoModel, repository, $"'{repository}' has no ONNX file. It has {Sample(files.Names)}. "
                + $"Look for an export of it by Xenova, onnx-community or immich-app, or export it: 'pip install optimum-onnx[onnxruntime]', then 'optimum-cli export onnx --model {repository} DIRECTORY', "
                + $"and {nameof(ClipModel)}.{nameof(ClipModel.Load)}(DIRECTORY).");
        }
        ClipModelLayout layout;
        try
        {
            layout = ClipModelLayout.Find(files, variant, prefersCombined);
        }
        catch (FileNotFoundException e)
        {
            throw new ClipHubException(ClipHubProblem.NoModel, repository, e.Message, e);
        }
        // Graphs with both towers are read for the logit scale where they lie on disk; their weights are not worth a download.
        string[] graphs = [.. new[] { layout.ImageFile, layout.TextFile }.OfType<string>().Distinct()];
        var folders = graphs.SelectMany(Above).Concat(["", KnownFiles.OnnxFolder, KnownFiles.ImageFolder, KnownFiles.TextFolder])
            .ToHashSet(StringComparer.Ordinal);
        return [.. files.Names
            .Where(n => graphs.Any(g => n == g || IsDataOf(g, n)) || (KnownFiles.Settings.Contains(NameOf(n)) && folders.Contains(FolderOf(n))))];
    }

    // model.onnx_data, model.onnx_data_1, model.onnx.data; others are found in the graph, once it is there.
    private static bool IsDataOf(string graph, string name) =>
        name.StartsWith(graph + "_data", StringComparison.Ordinal) || name.StartsWith(graph + ".data", StringComparison.Ordinal);

    private static IEnumerable<string> Above(string name)
    {
        for (string folder = FolderOf(name); folder.Length > 0; folder = FolderOf(folder))
        {
            yield return folder;
        }
    }

    private static string FolderOf(string name) => name.LastIndexOf(Separator) is >= 0 and var end ? name[..end] : "";

    private static string NameOf(string name) => name[(name.LastIndexOf(Separator) + 1)..];

    private static string Sample(IReadOnlyList<string> names) => names.Count switch
    {
        0 => "no files",
        <= 12 => string.Join(", ", names),
        _ => $"{string.Join(", ", names.Take(12))} and {names.Count - 12} more files",
    };

    /// <summary>Files that are only known by their names.</summary>
    private sealed class ListedFiles(string location, IEnumerable<string> names) : ModelFiles(location, names)
    {
        protected override Stream Open(string name) => throw new NotSupportedException($"{Describe(name)} is only a name.");
    }
}
