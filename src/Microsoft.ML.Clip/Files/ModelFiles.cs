namespace Microsoft.ML.Clip;

/// <summary>
/// The files of one CLIP model, wherever they lie: a directory, the inside of a saved ML.NET model, or anything else that can list them and open one. Names are
/// relative, with forward slashes. Only names of the listing are opened, so no name that stands in a file can lead elsewhere. Safe to share between threads.
/// </summary>
internal abstract class ModelFiles
{
    private readonly string[] _names;
    private readonly HashSet<string> _known;

    /// <param name="location">Where the files lie, for messages.</param>
    /// <param name="names">The names of all files.</param>
    protected ModelFiles(string location, IEnumerable<string> names)
    {
        (Location, _names) = (location, [.. names]);
        _names.AsSpan().Sort(StringComparer.Ordinal);
        _known = new HashSet<string>(_names, StringComparer.Ordinal);
    }

    /// <summary>The same listing once more.</summary>
    protected ModelFiles(ModelFiles same) => (Location, _names, _known) = (same.Location, same._names, same._known);

    /// <summary>Where the files lie, for messages.</summary>
    public string Location { get; }

    /// <summary>The names of all files, in ordinal order.</summary>
    public IReadOnlyList<string> Names => _names;

    /// <summary>The directory in which the files lie under their names; null if there is none.</summary>
    public virtual string? Root => null;

    /// <summary>Whether the files came in an archive, from wherever: what they make this process do is then held against their own size.</summary>
    public virtual bool IsForeign => false;

    /// <summary>Whether a file of that name exists. A name that leaves the model (rooted, or with a <c>..</c> segment) never does.</summary>
    public bool Contains(string name) => _known.Contains(name);

    /// <summary>Opens a file for reading, from any place in it.</summary>
    /// <exception cref="FileNotFoundException">There is no such file; the message names it and <see cref="Location"/>.</exception>
    /// <exception cref="InvalidDataException">It is no file of its own: a pipe, a device, or a pointer of Git LFS.</exception>
    public Stream OpenRead(string name)
    {
        var stream = Open(Known(name));
        if (!GitLfs.IsPointer(stream))
        {
            return stream;
        }
        stream.Dispose();
        throw new InvalidDataException($"The file {Describe(name)} cannot be read: {GitLfs.Explanation}.");
    }

    /// <summary>The file's place on disk, or <see langword="null"/> if it lies in memory.</summary>
    /// <exception cref="FileNotFoundException">There is no such file; the message names it and <see cref="Location"/>.</exception>
    public string? PhysicalPath(string name) => Locate(Known(name));

    /// <summary>Reads a file whole.</summary>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    /// <exception cref="InvalidDataException">It is too large to be read whole.</exception>
    public byte[] ReadAllBytes(string name)
    {
        using var stream = OpenRead(name);
        if (stream.Length > Array.MaxLength)
        {
            throw new InvalidDataException($"{Describe(name)} has {stream.Length:N0} bytes, more than can be read at once, {Array.MaxLength:N0}.");
        }
        byte[] bytes = new byte[stream.Length];
        stream.ReadExactly(bytes);
        return bytes;
    }

    /// <summary>How a message should name the file.</summary>
    public string Describe(string name) => $"'{name}' in {Location}";

    /// <summary>The same files; what is opened through this view is noted.</summary>
    public RecordingModelFiles Recording() => new(this);

    /// <summary>Opens a file of the listing.</summary>
    protected abstract Stream Open(string name);

    /// <summary>The place on disk of a file of the listing; null if it lies in memory.</summary>
    protected virtual string? Locate(string name) => Root is { } root ? Path.Combine(root, name) : null;

    private string Known(string name) => Contains(name) ? name : throw new FileNotFoundException($"The CLIP model has no file {Describe(name)}.", name);
}
