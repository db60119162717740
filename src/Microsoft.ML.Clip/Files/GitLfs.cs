namespace Microsoft.ML.Clip;

/// <summary>Recognises what Git leaves in the place of a large file that it has not fetched.</summary>
internal static class GitLfs
{
    /// <summary>What to say of such a file, after a colon.</summary>
    public const string Explanation = "it is a Git LFS pointer, not the file that it points to; fetch it with 'git lfs pull'";

    // The specification's own limit.
    private const int MaximumLength = 1024;

    private static ReadOnlySpan<byte> Start => "version https://git-lfs"u8;

    public static bool IsPointer(ReadOnlySpan<byte> content) => content.Length < MaximumLength && content.StartsWith(Start);

    /// <summary>Whether a file is one; it stands at its beginning before and after.</summary>
    public static bool IsPointer(Stream file)
    {
        if (file.Length >= MaximumLength)
        {
            return false;
        }
        Span<byte> content = stackalloc byte[Start.Length];
        int count = file.ReadAtLeast(content, content.Length, throwOnEndOfStream: false);
        file.Position = 0;
        return IsPointer(content[..count]);
    }
}
