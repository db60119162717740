namespace PhotoSearch;

/// <summary>A photograph that the database knows.</summary>
/// <param name="Id">Its number, which it keeps when the file changes. Whoever asks for a photograph names this, and never a path.</param>
/// <param name="File">The file as it was when it was read.</param>
/// <param name="Error">Why it could not be read; empty where it could.</param>
internal sealed record Photo(long Id, PhotoFile File, string Error)
{
    public bool IsRead => Error.Length == 0;

    /// <summary>The file's name, for people.</summary>
    public string Name => File.Path[(File.Path.LastIndexOf('/') + 1)..];

    /// <summary>The folders above it, for people; empty in the root.</summary>
    public string Folder => File.Path[..Math.Max(0, File.Path.LastIndexOf('/'))];
}
