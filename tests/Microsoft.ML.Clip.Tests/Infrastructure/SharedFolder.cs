namespace Microsoft.ML.Clip.Tests;

/// <summary>
/// The golden files and image sets that lie in <c>shared/</c> beside the repository. They are not part of it: where they are absent, the
/// tests that need them skip and say so.
/// </summary>
internal static class SharedFolder
{
    private static readonly string? Root = Find();

    /// <summary>The full path of a file or folder below shared/; skips the calling test where it is absent.</summary>
    public static string Require(string relativePath)
    {
        string? path = Root is null ? null : Path.Combine(Root, relativePath);
        bool exists = File.Exists(path) || Directory.Exists(path);
        Assert.SkipUnless(exists, $"needs ../shared/{relativePath}, which is not beside this clone");
        return path!;
    }

    /// <summary>Whether a file or folder is there, for data that a theory enumerates.</summary>
    public static string? TryFind(string relativePath)
    {
        string? path = Root is null ? null : Path.Combine(Root, relativePath);
        return File.Exists(path) || Directory.Exists(path) ? path : null;
    }

    private static string? Find()
    {
        for (var d = new DirectoryInfo(AppContext.BaseDirectory); d is not null; d = d.Parent)
        {
            if (File.Exists(Path.Combine(d.FullName, "ClipMlNet.slnx")))
            {
                // Beside the repository, or beside the folder that holds several worktrees of it.
                return new[] { Path.Combine(d.FullName, "..", "shared"), Path.Combine(d.FullName, "..", "..", "shared") }
                    .Select(Path.GetFullPath).FirstOrDefault(Directory.Exists);
            }
        }
        return null;
    }
}
