namespace Microsoft.ML.Clip;

/// <summary>What inputs of all kinds know of files.</summary>
internal static class InputFiles
{
    /// <summary>The most bytes of a caption in UTF-8. Models read some 77 tokens of it, and Parquet's heads repeat the first and last of a column.</summary>
    public const int MaximumCaption = 64 << 10;

    /// <summary>The most characters of a path or key.</summary>
    public const int MaximumName = 4096;

    /// <summary>What is known of a file without opening it; of a link, what it leads to. <see langword="null"/> if there is no file.</summary>
    public static ShardInputFile? Facts(string root, string name, long rows = 1)
    {
        var file = new FileInfo(Path.Combine(root, name));
        if (file.Exists && (file.Attributes & FileAttributes.ReparsePoint) != 0)
        {
            try
            {
                file = file.ResolveLinkTarget(returnFinalTarget: true) is { } target ? new FileInfo(target.FullName) : file;
            }
            catch (IOException)
            {
                // A link that leads to itself, or over too many others.
                return null;
            }
        }
        return file.Exists ? new(name, file.Length, new DateTimeOffset(file.LastWriteTimeUtc).ToUnixTimeMilliseconds(), rows) : null;
    }

    /// <summary>A file that a list names: what is known of it, or that it is missing.</summary>
    public static ShardInputFile FactsOrMissing(string root, string name) => Facts(root, name) ?? new(name, ShardInputFile.Missing, 0, 1);

    public static ShardInputFile Look(string root, ShardInputFile planned)
    {
        var now = Facts(root, planned.Name);
        return now is not null ? planned with { Length = now.Length, Modified = now.Modified }
            : planned.Length == ShardInputFile.Missing ? planned
            : throw new FileNotFoundException($"There is no file '{Path.Combine(root, planned.Name)}' any more; when the plan was made, it had {planned.Length} bytes.", planned.Name);
    }

    /// <summary>A name as it goes into a plan: relative to a folder, with forward slashes, and leading nowhere else.</summary>
    /// <param name="root">The folder, as a full path.</param>
    /// <param name="text">A relative or a full path.</param>
    /// <returns>The name; <see langword="null"/> if it is none of a file in the folder.</returns>
    public static string? NameWithin(string root, string text) => text.Any(char.IsControl) ? null : PlannedNameWithin(root, text);

    /// <summary>
    /// The same for a name that a plan has: a folder may hold files with control characters in their names, which nobody writes into a list on purpose.
    /// </summary>
    public static string? PlannedNameWithin(string root, string text)
    {
        if (text.Length is 0 or > MaximumName || text.Contains('\0', StringComparison.Ordinal))
        {
            return null;
        }
        string name = text;
        if (Path.IsPathRooted(text))
        {
            string relative = Path.GetRelativePath(root, text);
            if (Path.IsPathRooted(relative))
            {
                return null;
            }
            name = relative;
        }
        if (OperatingSystem.IsWindows())
        {
            name = name.Replace('\\', '/');
            if (name.Contains(':', StringComparison.Ordinal))
            {
                return null;
            }
        }
        // As 'find .' writes them.
        name = name.StartsWith("./", StringComparison.Ordinal) ? name[2..] : name;
        return name.Split('/').All(part => part is not ("" or "." or "..")) ? name : null;
    }

    /// <summary>The name, relative to a folder, of a file that lies in it.</summary>
    public static string Relative(string root, string path) => NameWithin(root, path)
        ?? throw new ClipShardException(ClipShardProblem.Input, $"'{path}' is no file within '{root}'.");

    /// <summary>Does something with a file while a plan is made; what keeps it from being done is wrong with the inputs.</summary>
    public static T Planned<T>(Func<T> read)
    {
        try
        {
            return read();
        }
        catch (Exception e) when (e is InvalidDataException or IOException or UnauthorizedAccessException)
        {
            throw new ClipShardException(ClipShardProblem.Input, e.Message, e);
        }
    }

    public static string Cut(string text, int most = 200) => text.Length <= most ? text : text[..most] + "...";
}
