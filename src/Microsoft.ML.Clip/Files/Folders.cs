namespace Microsoft.ML.Clip;

/// <summary>Lists folders, and tells one that may not be listed from one that is empty or not there.</summary>
internal static class Folders
{
    // Hidden files are left out, as those of version control are; what may not be listed is not left out without a word.
    private static readonly EnumerationOptions Plain = new() { IgnoreInaccessible = false };

    /// <summary>What keeps a folder from being listed; null if it can be, or there is no such folder.</summary>
    public static Exception? Problem(string path)
    {
        try
        {
            if (!File.Exists(path))
            {
                using var entries = Directory.EnumerateFileSystemEntries(path).GetEnumerator();
                entries.MoveNext();
            }
            return null;
        }
        catch (DirectoryNotFoundException)
        {
            return null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return e;
        }
    }

    /// <summary>The error for a folder that cannot be listed, of the kind of its cause.</summary>
    /// <param name="what">The folder, as the message is to name it.</param>
    /// <param name="problem">What <see cref="Problem"/> gave.</param>
    public static Exception Error(string what, Exception problem)
    {
        string message = $"{what} cannot be listed: {problem.Message}";
        return problem is UnauthorizedAccessException ? new UnauthorizedAccessException(message, problem) : new IOException(message, problem);
    }

    /// <summary>Whether there is such a folder.</summary>
    /// <param name="path">Where it is.</param>
    /// <param name="what">What it is, for messages.</param>
    /// <exception cref="IOException">It cannot be listed.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be listed, or not be looked for.</exception>
    public static bool Exists(string path, string what) => Problem(path) is { } problem ? throw Error($"{what} '{path}'", problem) : Directory.Exists(path);

    /// <summary>The files of a folder and of those in it, relative to it and with forward slashes; links are followed.</summary>
    /// <param name="root">The folder.</param>
    /// <param name="depth">How many levels below it are looked into.</param>
    /// <param name="refused">Told of each folder below that cannot be listed, and why not.</param>
    /// <exception cref="IOException">The folder itself cannot be listed.</exception>
    /// <exception cref="UnauthorizedAccessException">The folder itself may not be listed.</exception>
    public static IReadOnlyList<string> Files(string root, int depth, Action<string, Exception> refused)
    {
        var names = new List<string>();
        List(root, depth);
        return names;

        void List(string folder, int levels)
        {
            names.AddRange(Directory.EnumerateFiles(folder, "*", Plain).Select(Name));
            foreach (string inner in levels > 0 ? Directory.GetDirectories(folder, "*", Plain) : [])
            {
                try
                {
                    List(inner, levels - 1);
                }
                catch (Exception e) when (e is IOException or UnauthorizedAccessException)
                {
                    refused(Name(inner), e);
                }
            }
        }

        string Name(string path) => Path.GetRelativePath(root, path).Replace('\\', '/');
    }
}
