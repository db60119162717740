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

    /// <summary>The images of a folder that has one folder for each class, and the names of their classes.</summary>
    public static IEnumerable<(string Path, string Class)> ByClass(string folder) =>
        from directory in Directory.EnumerateDirectories(folder).Order(StringComparer.Ordinal)
        from file in In(directory)
        select (file, Path.GetFileName(directory));

    /// <summary>Whether a file is called as images are.</summary>
    public static bool IsImage(string file) => Extensions.Contains(Path.GetExtension(file).ToLowerInvariant());

    private static IEnumerable<string> In(string folder)
    {
        List<string> files = [];
        var folders = new Stack<string>([folder]);
        while (folders.TryPop(out string? next))
        {
            files.AddRange(Directory.EnumerateFiles(next).Where(IsImage));
            // A folder that is a link may lead back to one that it lies in, and a person's has some that others may not look into.
            foreach (string inner in Directory.EnumerateDirectories(next, "*", new EnumerationOptions { AttributesToSkip = FileAttributes.ReparsePoint }))
            {
                folders.Push(inner);
            }
        }
        return files.Order(StringComparer.Ordinal);
    }
}
