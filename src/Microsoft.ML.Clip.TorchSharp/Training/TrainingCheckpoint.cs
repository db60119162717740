using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Clip;

/// <summary>
/// A checkpoint: named float tensors, and what run they belong to as metadata, in a safetensors file. It is written beside its place and then moved there, so
/// that the old one survives whatever happens on the way.
/// </summary>
internal static class TrainingCheckpoint
{
    /// <param name="path">The file; an existing one is replaced at the end.</param>
    /// <param name="tensors">Float tensors by name.</param>
    /// <param name="metadata">Texts by name.</param>
    /// <exception cref="ClipTrainingException">The file cannot be written. What was there before still is.</exception>
    public static void Save(string path, IReadOnlyList<(string Name, Tensor Value)> tensors, IReadOnlyDictionary<string, string> metadata)
    {
        try
        {
            if (Path.GetDirectoryName(Path.GetFullPath(path)) is { } directory)
            {
                Directory.CreateDirectory(directory);
            }
            var sources = tensors.Select(t => new SafetensorsSource(t.Name, t.Value.shape, stream => WriteValues(stream, t.Value)));
            WholeFile.Write(path, stream =>
            {
                SafetensorsWriter.Write(stream, [.. sources], metadata);
                // A run goes on for hours from here: the values have to be on the disk before the old ones go.
                (stream as FileStream)?.Flush(flushToDisk: true);
            });
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new ClipTrainingException($"The checkpoint '{path}' cannot be written: {e.Message} {(File.Exists(path) ? "The one before it is still there." : "There is none before it.")}", e);
        }
    }

    /// <summary>Reads tensors in place into those of equal name, and gives the metadata.</summary>
    /// <param name="path">The file.</param>
    /// <param name="tensors">What takes the values, all or, if anything does not fit, none of them. The file may hold more.</param>
    /// <param name="check">Throws <see cref="InvalidDataException"/> where the metadata are not as they should be.</param>
    /// <exception cref="ClipTrainingException">The file cannot be read, or is no checkpoint of this network; the message says what differs.</exception>
    public static IReadOnlyDictionary<string, string> Load(string path, IReadOnlyList<(string Name, Tensor Value)> tensors,
        Action<IReadOnlyDictionary<string, string>>? check = null)
    {
        try
        {
            var file = SafetensorsFiles.OpenFile(path);
            check?.Invoke(file.Metadata);
            var entries = tensors.Select(t => Find(file, t.Name, t.Value.shape)).ToArray();
            using var _ = no_grad();
            foreach (var (entry, (_, value)) in entries.Zip(tensors))
            {
                using var read = tensor(SafetensorsFiles.ReadAsStored(entry), value.shape);
                value.copy_(read);
            }
            return file.Metadata;
        }
        catch (InvalidDataException e)
        {
            throw new ClipTrainingException($"'{path}' is no checkpoint of this training: {e.Message.TrimEnd('.')}.", e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new ClipTrainingException($"The checkpoint '{path}' cannot be read: {e.Message}", e);
        }
    }

    private static SafetensorsEntry Find(SafetensorsFiles file, string name, long[] shape)
    {
        if (!file.Entries.TryGetValue(name, out var entry))
        {
            throw new InvalidDataException($"it has no tensor '{name}'");
        }
        if (entry.Type != SafetensorsHeader.Float32)
        {
            throw new InvalidDataException($"'{name}' is stored as {entry.Type}, but {SafetensorsHeader.Float32} is expected");
        }
        return entry.Shape.SequenceEqual(shape) ? entry
            : throw new InvalidDataException($"'{name}' is [{string.Join(", ", entry.Shape)}], but [{string.Join(", ", shape)}] is expected");
    }

    private static void WriteValues(Stream stream, Tensor value)
    {
        using var scope = NewDisposeScope();
        stream.Write(value.detach().to(ScalarType.Float32).contiguous().bytes);
    }
}
