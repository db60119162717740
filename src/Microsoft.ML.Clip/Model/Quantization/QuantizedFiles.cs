namespace Microsoft.ML.Clip;

/// <summary>Where a model in 8 bits is made, and how it comes to its destination: all of it or nothing.</summary>
internal sealed class QuantizedFiles : IDisposable
{
    // What must go where the weights go.
    private static readonly string[] Licences = ["LICENSE", "LICENCE", "NOTICE"];

    private readonly ModelFiles _source;
    private readonly IReadOnlyDictionary<string, string> _names;
    private readonly bool _overwrites;
    private readonly StagedFiles _staging;

    /// <param name="source">The files of the original.</param>
    /// <param name="destination">The directory to write to.</param>
    /// <param name="names">The files to write, by those that they are made of.</param>
    /// <param name="overwrites">Whether files that are there are replaced.</param>
    /// <exception cref="IOException">They are there.</exception>
    /// <exception cref="ArgumentException">One would be written over what it is made of.</exception>
    public QuantizedFiles(ModelFiles source, string destination, IReadOnlyDictionary<string, string> names, bool overwrites)
    {
        (_source, Destination, _names, _overwrites) = (source, destination, names, overwrites);
        foreach (var (file, name) in names)
        {
            string path = Path.Combine(destination, name);
            if (file == name && source.PhysicalPath(file) is { } origin && IsSame(origin, path))
            {
                throw new ArgumentException($"'{path}' would be written over what it is made of. Choose another {nameof(ClipQuantizationOptions)}.{nameof(ClipQuantizationOptions.Variant)} or another directory.", nameof(names));
            }
            if (!overwrites && File.Exists(path))
            {
                throw new IOException($"'{path}' is there already. Delete it, or set {nameof(ClipQuantizationOptions)}.{nameof(ClipQuantizationOptions.Overwrite)}.");
            }
        }
        _staging = new StagedFiles(destination);
    }

    public string Destination { get; }

    /// <summary>Where files are made.</summary>
    public string Folder => _staging.Folder;

    /// <summary>The size of some files.</summary>
    public static long Size(ModelFiles files, IEnumerable<string> names) => names.Sum(name =>
    {
        using var stream = files.OpenRead(name);
        return stream.Length;
    });

    /// <summary>Copies the files that describe the model, where they are not yet.</summary>
    public void CopySettings(string folder)
    {
        foreach (string name in _source.Names.Where(n => KnownFiles.Settings.Contains(n[(n.LastIndexOf('/') + 1)..])
            || Licences.Any(l => n.StartsWith(l, StringComparison.OrdinalIgnoreCase))))
        {
            string path = Path.Combine(folder, name);
            if (!File.Exists(path))
            {
                Directory.CreateDirectory(Path.GetDirectoryName(path)!);
                WholeFile.Write(path, stream =>
                {
                    using var from = _source.OpenRead(name);
                    from.CopyTo(stream);
                });
            }
        }
    }

    // By the same way, or by links: then it is the same in length and time.
    private static bool IsSame(string one, string other) => Path.GetFullPath(one) == Path.GetFullPath(other)
        || (new FileInfo(one) is var a && new FileInfo(other) is { Exists: true } b && a.Length == b.Length && a.LastWriteTimeUtc == b.LastWriteTimeUtc);

    /// <summary>
    /// Moves what was made to its destination, what describes the model only where it is not yet; if that fails half-way, what was there before is there again.
    /// </summary>
    public void Publish() => _staging.Publish(name => !_names.Values.Contains(name), _overwrites);

    /// <summary>Deletes what is left of the making.</summary>
    public void Dispose() => _staging.Dispose();
}
