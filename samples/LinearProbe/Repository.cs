namespace LinearProbe;

/// <summary>Where things lie beside and in the repository.</summary>
internal static class Repository
{
    public static string Root { get; } = FindRoot();

    /// <summary>A file or folder of ../shared, or null where there is none.</summary>
    public static string? Shared(string relativePath)
    {
        // Beside the repository, or beside a folder that holds several checkouts of it.
        string[] candidates = [Path.Combine(Root, "..", "shared", relativePath), Path.Combine(Root, "..", "..", "shared", relativePath)];
        return candidates.Select(Path.GetFullPath).FirstOrDefault(Path.Exists);
    }

    /// <summary>The model to use where none is named, and what has to be said about it; null where there is none.</summary>
    public static (string Directory, string? Remark)? DefaultModel()
    {
        string trained = Path.Combine(Root, "samples", "models");
        if (Directory.Exists(trained))
        {
            string? first = Directory.EnumerateFiles(trained, "*.onnx", SearchOption.AllDirectories).Order(StringComparer.Ordinal).FirstOrDefault();
            if (first is not null)
                return (Path.Combine(trained, Path.GetRelativePath(trained, first).Split(Path.DirectorySeparatorChar)[0]), null);
        }
        return Shared("fixtures/models/tiny-vit") is { } random
            ? (random, "The weights of this model are random: the probe learns what it can from random features. Pass --model with a real one.")
            : null;
    }

    private static string FindRoot()
    {
        for (var d = new DirectoryInfo(AppContext.BaseDirectory); d is not null; d = d.Parent)
        {
            if (File.Exists(Path.Combine(d.FullName, "ClipMlNet.sln")))
                return d.FullName;
        }
        return Directory.GetCurrentDirectory();
    }
}
