using System.IO.Enumeration;
using System.Text;

namespace Microsoft.ML.Clip;

/// <summary>Reaching the files of a data set.</summary>
internal static class DataFiles
{
    /// <summary>Lists of names and labels; ImageNet's have 50,000 lines, 2 MB.</summary>
    public const int MaximumText = 256 << 20;

    private static readonly UTF8Encoding Utf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    // What the library's decoder takes.
    private static readonly string[] Extensions = [".jpg", ".jpeg", ".png", ".gif", ".webp", ".bmp", ".ico"];

    // Hidden files are left out, as those of version control are; what may not be listed is not left out without a word.
    private static readonly EnumerationOptions Below = new() { IgnoreInaccessible = false, RecurseSubdirectories = true };

    /// <summary>Whether a file is an image by its name.</summary>
    public static bool IsImage(string name) => Extensions.Contains(Path.GetExtension(name), StringComparer.OrdinalIgnoreCase);

    /// <summary>The full path of a folder.</summary>
    /// <exception cref="DirectoryNotFoundException">There is none.</exception>
    public static string Folder(string path)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(path);
        return Directory.Exists(path) ? Path.GetFullPath(path) : throw new DirectoryNotFoundException($"There is no folder '{path}'.");
    }

    /// <summary>The files below a folder, relative to it, with forward slashes, in ordinal order.</summary>
    /// <exception cref="InvalidDataException">A folder below is a link: it may lead round, and to the same images again.</exception>
    public static string[] Files(string folder)
    {
        var entries = new FileSystemEnumerable<string>(folder, (ref entry) => entry.ToFullPath(), Below)
        {
            ShouldIncludePredicate = (ref entry) => !entry.IsDirectory,
            ShouldRecursePredicate = (ref entry) => (entry.Attributes & FileAttributes.ReparsePoint) == 0 ? true
                : throw new InvalidDataException($"'{entry.ToFullPath()}' is a link to a folder; expected folders and files."),
        };
        string[] files = [.. entries.Select(f => Path.GetRelativePath(folder, f).Replace('\\', '/'))];
        Array.Sort(files, StringComparer.Ordinal);
        return files;
    }

    /// <summary>The file that a text names, below a folder.</summary>
    /// <param name="folder">The folder.</param>
    /// <param name="name">What the text says.</param>
    /// <param name="place">Where it says so, for messages.</param>
    /// <exception cref="InvalidDataException">It leads elsewhere, or there is no such file.</exception>
    public static string Named(string folder, string name, string place)
    {
        if (name.Length == 0 || name.Any(char.IsControl) || name.AsSpan().ContainsAny(':', '\\') || name.Split('/').Any(part => part is "" or "." or ".."))
        {
            throw new InvalidDataException($"{place} names the file '{name}'; expected a name within the folder of the images.");
        }
        string path = Path.Combine(folder, name);
        return File.Exists(path) ? path : throw new InvalidDataException($"{place} names the file '{name}', which is not in '{folder}'.");
    }

    /// <summary>The bytes of a file.</summary>
    /// <exception cref="InvalidDataException">It is longer than <paramref name="most"/>.</exception>
    /// <exception cref="IOException">It cannot be read.</exception>
    public static byte[] Bytes(string path, int most)
    {
        using var stream = RegularFile.Open(path);
        if (stream.Length > most)
        {
            throw new InvalidDataException(FormattableString.Invariant($"'{path}' has {stream.Length:N0} bytes; expected at most {most:N0}."));
        }
        byte[] bytes = new byte[stream.Length];
        stream.ReadExactly(bytes);
        return bytes;
    }

    /// <summary>The lines of a text file in UTF-8; empty ones at the end are no lines.</summary>
    /// <exception cref="InvalidDataException">It is not UTF-8, or longer than such files are.</exception>
    public static string[] Lines(string path)
    {
        string text;
        try
        {
            text = Utf8.GetString(Bytes(path, MaximumText));
        }
        catch (DecoderFallbackException e)
        {
            throw new InvalidDataException($"'{path}' is not UTF-8 text: {e.Message}", e);
        }
        string[] lines = text.TrimStart('\uFEFF').TrimEnd('\r', '\n', ' ', '\t').Split('\n');
        for (int i = 0; i < lines.Length; i++)
        {
            lines[i] = lines[i].TrimEnd('\r');
        }
        return lines;
    }

    /// <summary>Names of classes, one a line.</summary>
    /// <exception cref="InvalidDataException">A line is empty, or there are fewer than two.</exception>
    public static string[] ClassNames(string path)
    {
        string[] names = [.. Lines(path).Select(l => l.Trim())];
        if (Array.FindIndex(names, n => n.Length == 0) is >= 0 and var empty && names.Length > 1)
        {
            throw new InvalidDataException($"Line {empty + 1} of '{path}' is empty; expected the name of a class in each line.");
        }
        return AtLeastTwo(names.Length == 1 && names[0].Length == 0 ? [] : names, path);
    }

    /// <summary>Names of classes, of which there have to be two.</summary>
    /// <exception cref="InvalidDataException">There are fewer.</exception>
    public static string[] AtLeastTwo(string[] names, string path) => names.Length >= 2 ? names : throw new InvalidDataException(
        $"'{path}' has {(names.Length == 0 ? "no class" : $"one class only, '{names[0]}'")}; expected at least two, as there is nothing to tell apart otherwise.");

    /// <summary>The names that a caller gave for classes that were found.</summary>
    /// <exception cref="InvalidDataException">Their number differs.</exception>
    public static string[] Given(IReadOnlyList<string> names, int found, string what, string path) => names.Count == found ? [.. names]
        : throw new InvalidDataException($"There are {names.Count} class names for {found} {what} of '{path}'; expected one for each, in their order.");
}
