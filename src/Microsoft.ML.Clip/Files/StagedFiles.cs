namespace Microsoft.ML.Clip;

/// <summary>Where a model is made, and how it comes to its directory: all of it or nothing.</summary>
internal sealed class StagedFiles : IDisposable
{
    private readonly string _destination, _existing;

    public StagedFiles(string destination)
    {
        _destination = Path.GetFullPath(destination);
        if (File.Exists(_destination))
        {
            throw new IOException($"A model is a directory, but '{_destination}' is a file.");
        }
        _existing = _destination;
        while (!Directory.Exists(_existing) && Path.GetDirectoryName(_existing) is { } parent)
        {
            _existing = parent;
        }
        // Hidden, so that whoever lists the directory meanwhile does not see it; on the same disk, so that files are moved and not copied.
        Folder = Path.Combine(_destination, $".making-{Guid.NewGuid():N}");
        Directory.CreateDirectory(Folder);
    }

    /// <summary>Where files are made.</summary>
    public string Folder { get; }

    public void Write(string name, byte[] content)
    {
        string path = Path.Combine(Folder, name);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllBytes(path, content);
    }

    /// <summary>Moves what was made to its place; if that fails half-way, what was there before is there again.</summary>
    /// <param name="keeps">The files, by their names with slashes, that stay as they are where they are there; null for none.</param>
    /// <param name="replaces">Whether others that are there are replaced.</param>
    /// <param name="removesVariants">Whether variants of the graphs, such as one in 8 bits, go: they are of what was there before.</param>
    /// <exception cref="IOException">A file cannot be moved, or is there and is neither kept nor replaced.</exception>
    public void Publish(Func<string, bool>? keeps = null, bool replaces = true, bool removesVariants = false)
    {
        List<string> made = [];
        List<(string Path, string Kept)> replaced = [];
        string[] files = [.. Directory.GetFiles(Folder, "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal)];
        try
        {
            foreach (string file in files)
            {
                string name = Path.GetRelativePath(Folder, file).Replace('\\', '/'), path = Path.Combine(_destination, name);
                bool isThere = File.Exists(path);
                if (isThere && keeps?.Invoke(name) == true)
                {
                    continue;
                }
                Directory.CreateDirectory(Path.GetDirectoryName(path)!);
                if (isThere && replaces)
                {
                    SetAside(path);
                }
                foreach (string variant in removesVariants && name.EndsWith(KnownFiles.OnnxExtension, StringComparison.Ordinal)
                    ? Directory.GetFiles(Path.GetDirectoryName(path)!, Path.GetFileNameWithoutExtension(name) + "_*" + KnownFiles.OnnxExtension) : [])
                {
                    SetAside(variant);
                }
                File.Move(file, path);
                made.Add(path);
            }
        }
        catch
        {
            made.ForEach(File.Delete);
            replaced.ForEach(r => File.Move(r.Kept, r.Path));
            throw;
        }

        void SetAside(string path)
        {
            string kept = Path.Combine(Folder, $".replaced-{replaced.Count}");
            File.Move(path, kept);
            replaced.Add((path, kept));
        }
    }

    /// <summary>Deletes what is left of the making.</summary>
    public void Dispose()
    {
        if (!Directory.Exists(Folder))
        {
            return;
        }
        Directory.Delete(Folder, recursive: true);
        for (string folder = _destination; folder != _existing && !Directory.EnumerateFileSystemEntries(folder).Any(); folder = Path.GetDirectoryName(folder)!)
        {
            Directory.Delete(folder);
        }
    }
}
