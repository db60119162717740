namespace Samples;

/// <summary>Where things lie in the repository, and beside it.</summary>
internal static class Repository
{
    public static string Root { get; } = FindRoot();

    /// <summary>The model to use where none is named.</summary>
    public static string DefaultModel => Path.Combine(Root, "samples", "models", "tiny-clip");

    /// <summary>A file or folder of ../shared, or null where there is none.</summary>
    public static string? Shared(string relativePath)
    {
        // Beside the repository, or beside a folder that holds several checkouts of it.
        string[] candidates = [Path.Combine(Root, "..", "shared", relativePath), Path.Combine(Root, "..", "..", "shared", relativePath)];
        return candidates.Select(Path.GetFullPath).FirstOrDefault(Path.Exists);
    }

    private static string FindRoot()
    {
        // A program of one file is built far away from it, but knows where it stands.
        string start = AppContext.GetData("EntryPointFileDirectoryPath") as string ?? AppContext.BaseDirectory;
        for (var d = new DirectoryInfo(start); d is not null; d = d.Parent)
        {
            if (File.Exists(Path.Combine(d.FullName, "ClipMlNet.slnx")))
            {
                return d.FullName;
            }
        }
        return Directory.GetCurrentDirectory();
    }
}
