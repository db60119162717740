using System.IO.Enumeration;

namespace Microsoft.ML.Clip;

/// <summary>The images below a folder, in ordinal order of their paths: no more than the names of a folder, and of those above it, are held.</summary>
internal static class FolderFiles
{
    private const int MaximumDepth = 64;

    // What may not be listed is not left out without a word. What is hidden is told by its name, which is the same on every system.
    private static readonly EnumerationOptions Plain = new() { IgnoreInaccessible = false, AttributesToSkip = 0 };

    public static IEnumerable<ShardInputFile> List(string root, CancellationToken cancellation) =>
        Directory.Exists(root) ? Below(root, "", depth: 0, cancellation) : throw new ClipShardException(ClipShardProblem.Input, $"There is no folder '{root}'.");

    private static IEnumerable<ShardInputFile> Below(string root, string prefix, int depth, CancellationToken cancellation)
    {
        if (depth > MaximumDepth)
        {
            throw new ClipShardException(ClipShardProblem.Input, $"'{Path.Combine(root, prefix)}' lies more than {MaximumDepth} folders below '{root}'.");
        }
        foreach (string name in Names(Path.Combine(root, prefix)))
        {
            cancellation.ThrowIfCancellationRequested();
            if (!name.EndsWith('/'))
            {
                yield return InputFiles.FactsOrMissing(root, prefix + name);
                continue;
            }
            foreach (var file in Below(root, prefix + name, depth + 1, cancellation))
            {
                yield return file;
            }
        }
    }

    // A folder with its slash at the end, so that it goes where the paths of its files do: "a-b.jpg", "a.jpg", "a/b.jpg".
    private static string[] Names(string folder) => InputFiles.Planned<string[]>(() =>
    {
        var entries = new FileSystemEnumerable<string>(folder, Name, Plain)
        {
            ShouldIncludePredicate = (ref entry) => entry.FileName[0] != '.' && (entry.IsDirectory || DataFiles.IsImage(entry.FileName.ToString())),
        };
        string[] names = [.. entries];
        Array.Sort(names, StringComparer.Ordinal);
        return names;
    });

    private static string Name(ref FileSystemEntry entry) => !entry.IsDirectory ? entry.FileName.ToString()
        : (entry.Attributes & FileAttributes.ReparsePoint) == 0 ? $"{entry.FileName}/"
        : throw new InvalidDataException($"'{entry.ToFullPath()}' is a link to a folder; expected folders and files.");
}
