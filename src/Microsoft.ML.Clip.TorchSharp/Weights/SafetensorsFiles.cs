using System.Numerics.Tensors;
using System.Runtime.InteropServices;

namespace Microsoft.ML.Clip;

/// <summary>The tensors of a model that lie in one safetensors file, or in several that an index lists. Values are read when asked for.</summary>
internal sealed class SafetensorsFiles
{
    private readonly Dictionary<string, SafetensorsEntry> _entries = new(StringComparer.Ordinal);

    private SafetensorsFiles(string path, IEnumerable<string> files)
    {
        Path = path;
        foreach (var entry in files.SelectMany(SafetensorsHeader.Read))
        {
            if (!_entries.TryAdd(entry.Name, entry))
            {
                throw new InvalidDataException($"The tensor {entry} is also in {_entries[entry.Name].File}.");
            }
        }
    }

    /// <summary>What was opened, for messages.</summary>
    public string Path { get; }

    public IReadOnlyDictionary<string, SafetensorsEntry> Entries => _entries;

    /// <summary>Opens a file, an index (<c>*.safetensors.index.json</c>), or what a model directory holds of either.</summary>
    /// <exception cref="FileNotFoundException">There is no such file, or a directory holds none.</exception>
    /// <exception cref="InvalidDataException">A file is malformed; the message names it.</exception>
    public static SafetensorsFiles Open(string path)
    {
        if (Directory.Exists(path))
        {
            string[] names = [KnownFiles.Weights, KnownFiles.Weights + KnownFiles.WeightIndexSuffix, KnownFiles.OpenClipWeights];
            path = names.Select(name => System.IO.Path.Combine(path, name)).FirstOrDefault(File.Exists)
                ?? throw new FileNotFoundException($"There are no weights in {path}: looked for {string.Join(", ", names)}.");
        }
        if (!File.Exists(path))
        {
            throw new FileNotFoundException($"There is no file {path}.", path);
        }
        return new SafetensorsFiles(path, path.EndsWith(KnownFiles.WeightIndexSuffix, StringComparison.OrdinalIgnoreCase) ? Listed(path) : [path]);
    }

    /// <summary>A tensor's values as float32.</summary>
    /// <exception cref="InvalidDataException">Its element type is no floating-point type that weights come in, or a value is not finite.</exception>
    public float[] Read(SafetensorsEntry entry)
    {
        byte[] bytes = new byte[checked((int)(entry.End - entry.Begin))];
        using var handle = File.OpenHandle(entry.File);
        for (int done = 0; done < bytes.Length;)
        {
            int read = RandomAccess.Read(handle, bytes.AsSpan(done), entry.Begin + done);
            done += read > 0 ? read : throw new EndOfStreamException($"The file {entry.File} ended while it was read.");
        }
        float[] values = Floats(entry, bytes);
        int bad = Array.FindIndex(values, v => !float.IsFinite(v));
        return bad < 0 ? values : throw new InvalidDataException($"The tensor {entry} holds {values[bad]} at place {bad}.");
    }

    private static float[] Floats(SafetensorsEntry entry, byte[] bytes)
    {
        switch (entry.Type)
        {
            case "F32":
                return MemoryMarshal.Cast<byte, float>(bytes).ToArray();
            case "F16":
                var halves = MemoryMarshal.Cast<byte, Half>(bytes);
                float[] singles = new float[halves.Length];
                TensorPrimitives.ConvertToSingle(halves, singles);
                return singles;
            case "BF16":
                // The upper half of a float32.
                return Array.ConvertAll(MemoryMarshal.Cast<byte, ushort>(bytes).ToArray(), bits => BitConverter.UInt32BitsToSingle((uint)bits << 16));
            case "F64":
                return Array.ConvertAll(MemoryMarshal.Cast<byte, double>(bytes).ToArray(), v => (float)v);
            default:
                throw new InvalidDataException($"The tensor {entry} is stored as {entry.Type}; expected F32, F16, BF16 or F64.");
        }
    }

    /// <summary>The files that an index lists. They lie beside it: a name that leads elsewhere is refused.</summary>
    private static IEnumerable<string> Listed(string index)
    {
        string folder = System.IO.Path.GetDirectoryName(System.IO.Path.GetFullPath(index))!;
        var names = new SortedSet<string>(StringComparer.Ordinal);
        foreach (var (_, file) in JsonFile.Parse(File.ReadAllBytes(index), $"The index {index}")["weight_map"].Properties())
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
