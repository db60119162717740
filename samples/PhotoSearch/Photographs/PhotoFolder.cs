using System.IO.Enumeration;
using Samples;

namespace PhotoSearch;

/// <summary>The folder of photographs: what is in it, and its files, of which none is ever one outside.</summary>
internal sealed class PhotoFolder(string root)
{
    // Links are left out, so that nothing leads out of the folder and no folder is in itself; so is what is hidden.
    private static readonly EnumerationOptions Ordinary = new()
    {
        RecurseSubdirectories = true,
        IgnoreInaccessible = true,
        AttributesToSkip = FileAttributes.ReparsePoint | FileAttributes.Hidden | FileAttributes.System,
    };

    /// <summary>The folder itself, which may be a link.</summary>
    public string Root { get; } = Path.TrimEndingDirectorySeparator(Path.GetFullPath(root));

    /// <summary>Whether it can be reached: a disk may have been taken away.</summary>
    public bool IsThere => Directory.Exists(Root);

    /// <summary>Every file that is called as images are, in no order.</summary>
    public IEnumerable<PhotoFile> List()
    {
        int start = Root.Length + (Path.EndsInDirectorySeparator(Root) ? 0 : 1);
        return new FileSystemEnumerable<PhotoFile>(Root, (ref FileSystemEntry entry) =>
            new(entry.ToFullPath()[start..].Replace(Path.DirectorySeparatorChar, '/'), entry.Length, entry.LastWriteTimeUtc.UtcTicks), Ordinary)
        {
            ShouldIncludePredicate = (ref FileSystemEntry entry) => !entry.IsDirectory && ImageFiles.IsNamedLikeOne(entry.FileName.ToString()),
        };
    }

    public string FullPath(PhotoFile file) => Path.Combine(Root, file.Path);

    /// <summary>Where a file is, or null where it is gone, or if a link has come into its path.</summary>
    public string? Resolve(PhotoFile file)
    {
        string path = Root;
        foreach (string part in file.Path.Split('/'))
        {
            path = Path.Combine(path, part);
            // Of a link these are the link's own attributes.
            if (!Path.Exists(path) || File.GetAttributes(path).HasFlag(FileAttributes.ReparsePoint))
            {
                return null;
            }
        }
        return File.Exists(path) ? path : null;
    }

    /// <summary>Opens a file to read it, or gives null as <see cref="Resolve"/> does, and where it holds nothing, as a pipe does, which would be waited for.</summary>
    public FileStream? Open(PhotoFile file)
    {
        try
        {
            return Resolve(file) is { } path && new FileInfo(path).Length > 0
                ? new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete) : null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
