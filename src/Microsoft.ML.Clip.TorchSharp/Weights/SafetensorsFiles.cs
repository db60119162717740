using System.Numerics.Tensors;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Microsoft.ML.Clip;

/// <summary>The tensors of a model that lie in one safetensors file, or in several that an index lists. Values are read when asked for.</summary>
internal sealed class SafetensorsFiles
{
    private readonly Dictionary<string, SafetensorsEntry> _entries = new(StringComparer.Ordinal);
    private readonly Dictionary<string, string> _metadata = new(StringComparer.Ordinal);

    private SafetensorsFiles(string path, IEnumerable<string> files)
    {
        Path = path;
        foreach (var header in files.Select(SafetensorsHeader.Read))
        {
            foreach (var entry in header.Entries)
            {
                if (!_entries.TryAdd(entry.Name, entry))
                {
                    throw new InvalidDataException($"The tensor {entry} is also in {_entries[entry.Name].File}.");
                }
            }
            foreach (var (name, text) in header.Metadata)
            {
                _metadata.TryAdd(name, text);
            }
        }
    }

    /// <summary>What was opened, for messages.</summary>
    public string Path { get; }

    public IReadOnlyDictionary<string, SafetensorsEntry> Entries => _entries;

    /// <summary>What the files say of themselves, texts by name; where several say it, the first.</summary>
    public IReadOnlyDictionary<string, string> Metadata => _metadata;

    /// <summary>Opens a file, an index (<c>*.safetensors.index.json</c>), or what a model directory holds of either.</summary>
    /// <exception cref="FileNotFoundException">There is no such file, or a directory holds none.</exception>
    /// <exception cref="InvalidDataException">A file is malformed; the message names it.</exception>
    /// <exception cref="UnauthorizedAccessException">A directory may not be listed, or a file not be read.</exception>
    public static SafetensorsFiles Open(string path)
    {
        if (Folders.Exists(path, "The directory"))
        {
            var names = KnownFiles.SafetensorsWeights;
            path = names.Select(name => System.IO.Path.Combine(path, name)).FirstOrDefault(File.Exists)
                ?? throw new FileNotFoundException($"There are no weights in {path}: looked for {string.Join(", ", names)}.");
        }
        if (!File.Exists(path))
        {
            throw new FileNotFoundException($"There is no file {path}.", path);
        }
        return new SafetensorsFiles(path, path.EndsWith(KnownFiles.WeightIndexSuffix, StringComparison.OrdinalIgnoreCase) ? Listed(path) : [path]);
    }

    /// <summary>Opens one file, whatever its name.</summary>
    /// <exception cref="IOException">The file cannot be read.</exception>
    /// <exception cref="InvalidDataException">It is malformed; the message names it.</exception>
    public static SafetensorsFiles OpenFile(string path) => new(path, [path]);

    /// <summary>A tensor's values as float32, for a network to compute with.</summary>
    /// <exception cref="InvalidDataException">Its element type is no floating-point type that weights come in, or a value is not finite.</exception>
    public static float[] Read(SafetensorsEntry entry)
    {
        float[] values = ReadAsStored(entry);
        int bad = Array.FindIndex(values, v => !float.IsFinite(v));
        return bad < 0 ? values : throw new InvalidDataException($"The tensor {entry} holds {values[bad]} at place {bad}.");
    }

    /// <summary>A tensor's values as float32, those that are no numbers among them.</summary>
    /// <exception cref="InvalidDataException">Its element type is no floating-point type that weights come in.</exception>
    public static float[] ReadAsStored(SafetensorsEntry entry)
    {
        switch (entry.Type)
        {
            case SafetensorsHeader.Float32:
                return ReadArray<float>(entry);
            case "F16":
                var halves = ReadArray<Half>(entry);
                float[] singles = new float[halves.Length];
                TensorPrimitives.ConvertToSingle(halves, singles);
                return singles;
            case "BF16":
                // The upper half of a float32.
                return Array.ConvertAll(ReadArray<ushort>(entry), bits => BitConverter.UInt32BitsToSingle((uint)bits << 16));
            case "F64":
                return Array.ConvertAll(ReadArray<double>(entry), v => (float)v);
            default:
                throw new InvalidDataException($"The tensor {entry} is stored as {entry.Type}; expected F32, F16, BF16 or F64.");
        }
    }

    private static T[] ReadArray<T>(SafetensorsEntry entry)
        where T : unmanaged
    {
        if (entry.End - entry.Begin > Array.MaxLength)
        {
            throw new InvalidDataException($"The tensor {entry} takes {entry.End - entry.Begin:N0} bytes; at most {Array.MaxLength:N0} are read at once.");
        }
        var values = new T[(entry.End - entry.Begin) / Unsafe.SizeOf<T>()];
        var bytes = MemoryMarshal.AsBytes(values.AsSpan());
        using var handle = RegularFile.OpenHandle(entry.File);
        for (int done = 0; done < bytes.Length;)
        {
            int read = RandomAccess.Read(handle, bytes[done..], entry.Begin + done);
            done += read > 0 ? read : throw new EndOfStreamException($"The file {entry.File} ended while it was read.");
        }
        return values;
    }

    /// <summary>The files that an index lists. They lie beside it: a name that leads elsewhere is refused.</summary>
    private static IEnumerable<string> Listed(string index)
    {
        string folder = System.IO.Path.GetDirectoryName(System.IO.Path.GetFullPath(index))!;
        var names = new SortedSet<string>(StringComparer.Ordinal);
        foreach (var (_, file) in JsonFile.OpenPath(index, $"The index {index}")["weight_map"].Properties())
        {
            names.Add(file.Text());
        }
        foreach (string name in names)
        {
            bool staysBeside = name.Length > 0 && name is not ("." or "..") && name.IndexOfAny(['/', '\\', ':', '\0']) < 0;
            if (!staysBeside)
            {
                throw new InvalidDataException($"The index {index} names '{name}' as a file of weights, which is not a file beside it. Such a model is not opened.");
            }
            string file = System.IO.Path.Combine(folder, name);
            yield return File.Exists(file) ? file : throw new FileNotFoundException($"The index {index} names the file '{name}', which is missing.", file);
        }
    }
}
