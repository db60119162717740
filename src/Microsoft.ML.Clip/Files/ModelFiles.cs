namespace Microsoft.ML.Clip;

/// <summary>
/// The files of one CLIP model, wherever they lie: a directory, or the inside of a saved ML.NET model. Names are relative, with forward slashes.
/// Instances are immutable and safe to share between threads.
/// </summary>
internal abstract class ModelFiles
{
    /// <summary>Where the files lie, for messages.</summary>
    public abstract string Location { get; }

    /// <summary>The names of all files, in ordinal order.</summary>
    public abstract IReadOnlyList<string> Names { get; }

    /// <summary>Opens a file for reading.</summary>
    /// <exception cref="FileNotFoundException">There is no such file; the message names it and <see cref="Location"/>.</exception>
    public abstract Stream OpenRead(string name);

    /// <summary>The file's place on disk, or <see langword="null"/> if it lies in memory.</summary>
    public abstract string? PhysicalPath(string name);

    /// <summary>Whether a file of that name exists. A name that leaves the model (rooted, or with a <c>..</c> segment) never does.</summary>
    public bool Contains(string name) => ((List<string>)Names).BinarySearch(name, StringComparer.Ordinal) >= 0;

    /// <summary>Reads a file whole.</summary>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    public byte[] ReadAllBytes(string name)
    {
        using var stream = OpenRead(name);
        byte[] bytes = new byte[stream.Length];
        stream.ReadExactly(bytes);
        return bytes;
    }

    /// <summary>How a message should name the file.</summary>
    public string Describe(string name) => $"'{name}' in {Location}";

    private protected FileNotFoundException NotFound(string name) => new($"The CLIP model has no file {Describe(name)}.", name);
}
