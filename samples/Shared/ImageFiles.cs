namespace Samples;

/// <summary>Image files in folders.</summary>
internal static class ImageFiles
{
    private static readonly string[] Extensions = [".jpg", ".jpeg", ".png", ".webp", ".bmp", ".gif"];

    /// <summary>The images in a folder and below it, in the order of their names. Ends the program where there are none.</summary>
    public static string[] Below(string folder)
    {
        string[] images = [.. In(folder)];
        if (images.Length == 0)
        {
            CommandLine.Fail($"There are no images ({string.Join(", ", Extensions)}) below '{folder}'.");
        }
        return images;
    }

    /// <summary>Whether a file is called as images are.</summary>
    public static bool IsNamedLikeOne(string file) => Extensions.Contains(Path.GetExtension(file).ToLowerInvariant());

    /// <summary>The images of a folder that has one folder for each class, and the names of their classes.</summary>
    public static IEnumerable<(string Path, string Class)> ByClass(string folder) =>
        from directory in Directory.EnumerateDirectories(folder).Order(StringComparer.Ordinal)
        from file in In(directory)
        select (file, Path.GetFileName(directory));

    private static IEnumerable<string> In(string folder)
    {
        // A person's folders have some that others may not look into, and links that lead back to where they lie: each place is looked at once.
        var options = new EnumerationOptions { AttributesToSkip = FileAttributes.None };
        List<string> files = [];
        var (folders, seen) = (new Stack<string>([folder]), new HashSet<string>([Place(folder)], StringComparer.Ordinal));
        while (folders.TryPop(out string? next))
        {
            files.AddRange(Directory.EnumerateFiles(next, "*", options).Where(IsNamedLikeOne));
            foreach (string inner in Directory.EnumerateDirectories(next, "*", options).Where(d => seen.Add(Place(d))))
            {
                folders.Push(inner);
            }
        }
        return files.Order(StringComparer.Ordinal);

        static string Place(string folder) => Path.TrimEndingDirectorySeparator(Directory.ResolveLinkTarget(folder, returnFinalTarget: true)?.FullName
            ?? Path.GetFullPath(folder));
    }
}
