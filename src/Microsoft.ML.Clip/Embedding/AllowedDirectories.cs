using System.Runtime.CompilerServices;
using Microsoft.ML.Runtime;

namespace Microsoft.ML.Clip;

/// <summary>
/// Where saved models may refer to: what the caller has allowed an <see cref="MLContext"/>, and what this process has itself loaded a model from. A path in a
/// saved model is a stranger's word, and following it reads whatever lies there. Thread-safe.
/// </summary>
internal static class AllowedDirectories
{
    // A step is loaded with a host of its own; the catalog of components is the one thing that it has in common with its MLContext.
    private static readonly ConditionalWeakTable<ComponentCatalog, HashSet<string>> Allowed = [];

    /// <summary>Allows a directory and all that lies below it.</summary>
    public static void Add(ComponentCatalog context, string directory)
    {
        var directories = Allowed.GetOrCreateValue(context);
        lock (directories)
        {
            directories.Add(Normal(directory));
        }
    }

    /// <summary>Whether a saved model may refer to a directory. The file system is not asked.</summary>
    /// <exception cref="ArgumentException">The text is no path.</exception>
    public static bool Contains(ComponentCatalog context, string directory)
    {
        string path = Normal(directory);
        if (OwnDirectories.Contains(path))
        {
            return true;
        }
        if (!Allowed.TryGetValue(context, out var directories))
        {
            return false;
        }
        lock (directories)
        {
            for (string? parent = path; parent is not null; parent = Path.GetDirectoryName(parent))
            {
                if (directories.Contains(parent))
                {
                    return true;
                }
            }
            return false;
        }
    }

    // Without . and .., so that none of them leads out of what was allowed.
    private static string Normal(string directory) => Path.TrimEndingDirectorySeparator(Path.GetFullPath(directory));
}
