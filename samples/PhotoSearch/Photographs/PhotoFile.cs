namespace PhotoSearch;

/// <summary>A file as a listing shows it. One with another length or time of writing is another photograph.</summary>
/// <param name="Path">From the folder on, with / between the parts.</param>
/// <param name="Length">In bytes.</param>
/// <param name="Written">When it was last written to, in ticks of UTC.</param>
internal readonly record struct PhotoFile(string Path, long Length, long Written)
{
    /// <summary>Whether something in its path was no text when it was listed: what stands here then is not what it is called, and finds nothing.</summary>
    public bool HasForeignName => Path.Contains('\uFFFD', StringComparison.Ordinal);
}
