using System.CommandLine;

namespace Mlclip;

/// <summary>Which pictures a command works on: files, and the pictures of folders and of those below them.</summary>
internal static class PictureFiles
{
    private static readonly string[] Extensions = [".jpg", ".jpeg", ".png", ".webp", ".bmp", ".gif", ".ico"];

    /// <summary>The argument: one or more.</summary>
    public static Argument<string[]> Argument() => new("PATH")
    {
        Description = "Pictures, and folders of them; folders below are looked into. Known by their extensions: jpg, jpeg, png, webp, bmp, gif, ico.",
        Arity = ArgumentArity.OneOrMore,
    };

    /// <summary>Whether a name is that of a picture.</summary>
    public static bool IsPicture(string path) => Extensions.Contains(Path.GetExtension(path).ToLowerInvariant());

    /// <summary>The pictures, each folder's in the ordinal order of their paths.</summary>
    /// <exception cref="ToolException">A path is not there, or there are no pictures.</exception>
    public static string[] Of(IReadOnlyList<string> paths)
    {
        string[] files = [.. paths.SelectMany(path => Directory.Exists(path) ? Below(path) : File.Exists(path) ? [path]
            : throw new ToolException($"There is no file or folder '{path}'."))];
        return files.Length > 0 ? files : throw None(paths);
    }

    /// <summary>The folder, if there is a picture in it or anywhere below, hidden or not: before a model is fetched for it.</summary>
    /// <exception cref="ToolException">There is none.</exception>
    public static string AnyIn(string folder) =>
        Directory.EnumerateFiles(folder, "*", new EnumerationOptions { RecurseSubdirectories = true, AttributesToSkip = FileAttributes.None }).Any(IsPicture)
            ? folder : throw None([folder]);

    private static ToolException None(IEnumerable<string> paths) =>
        new($"There are no pictures ({string.Join(", ", Extensions)}) in {string.Join(", ", paths.Select(p => $"'{p}'"))}.");

    // What may not be listed is left out, hidden folders are not looked into, and links to folders are not followed: they may lead back.
    private static IEnumerable<string> Below(string folder)
    {
        var options = new EnumerationOptions { RecurseSubdirectories = true, AttributesToSkip = FileAttributes.Hidden | FileAttributes.System };
        return Directory.EnumerateFiles(folder, "*", options)
            .Where(IsPicture).Order(StringComparer.Ordinal);
    }
}
