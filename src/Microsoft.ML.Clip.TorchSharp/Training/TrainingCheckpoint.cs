using System.Text.Json;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Clip;

/// <summary>
/// A checkpoint as a safetensors file: named float tensors, and what run they belong to as metadata. It is written beside its place and then moved there, so
/// that the old one survives whatever happens on the way.
/// </summary>
internal static class TrainingCheckpoint
{
    private const int MaximumHeader = 100_000_000;

    /// <param name="path">The file; an existing one is replaced at the end.</param>
    /// <param name="tensors">Float tensors by name.</param>
    /// <param name="metadata">Texts by name.</param>
    /// <param name="create">Opens the file that is written to, for tests; null opens it on disk.</param>
    /// <exception cref="ClipTrainingException">The file cannot be written. What was there before still is.</exception>
    public static void Save(string path, IReadOnlyList<(string Name, Tensor Value)> tensors, IReadOnlyDictionary<string, string> metadata,
        Func<string, Stream>? create = null)
    {
        string temporary = path + ".tmp";
        try
        {
            if (Path.GetDirectoryName(Path.GetFullPath(path)) is { } directory)
            {
                Directory.CreateDirectory(directory);
            }
            using (var stream = create?.Invoke(temporary) ?? File.Create(temporary))
            {
                Write(stream, tensors, metadata);
                (stream as FileStream)?.Flush(flushToDisk: true);
            }

            File.Move(temporary, path, overwrite: true);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            TryDelete(temporary);
            throw new ClipTrainingException($"The checkpoint '{path}' cannot be written: {e.Message} {(File.Exists(path) ? "The one before it is still there." : "There is none before it.")}", e);
        }
    }

    /// <summary>Reads tensors in place into those of equal name, and gives the metadata.</summary>
    /// <exception cref="ClipTrainingException">The file is no checkpoint of this network; the message says what differs.</exception>
    public static Dictionary<string, string> Load(string path, IReadOnlyList<(string Name, Tensor Value)> tensors,
        Action<IReadOnlyDictionary<string, string>>? check = null)
    {
        try
        {
            using var stream = File.OpenRead(path);
            using var reader = new BinaryReader(stream);
            long length = reader.ReadInt64();
            if (length is <= 0 or > MaximumHeader || length > stream.Length - sizeof(long))
            {
                throw new InvalidDataException($"its header claims {length} bytes");
            }
            var header = JsonFile.Parse(reader.ReadBytes((int)length), "its header");
            long data = stream.Position;
            var metadata = header["__metadata__"].Properties().ToDictionary(p => p.Name, p => p.Value.Text());
            check?.Invoke(metadata);
            using var _ = no_grad();
            foreach ((string name, var value) in tensors)
            {
                var entry = header[name] is { Exists: true } found ? found : throw new InvalidDataException($"it has no tensor '{name}'");
                long[] shape = [.. entry["shape"].Items().Select(e => e.WholeNumber ?? throw e.Error("a whole number"))];
                if (!shape.SequenceEqual(value.shape))
                {
                    throw new InvalidDataException($"'{name}' is [{string.Join(", ", shape)}], but [{string.Join(", ", value.shape)}] is expected");
                }
                stream.Position = data + (entry["data_offsets"].Items().First().WholeNumber ?? throw entry["data_offsets"].Error("whole numbers"));
                float[] values = new float[value.numel()];
                stream.ReadExactly(System.Runtime.InteropServices.MemoryMarshal.AsBytes(values.AsSpan()));
                using var read = tensor(values, shape);
                value.copy_(read);
            }

            return metadata;
        }
        catch (Exception e) when (e is InvalidDataException or EndOfStreamException or InvalidOperationException)
        {
            throw new ClipTrainingException($"'{path}' is no checkpoint of this training: {e.Message.TrimEnd('.')}.", e);
        }
    }

    private static void Write(Stream stream, IReadOnlyList<(string Name, Tensor Value)> tensors, IReadOnlyDictionary<string, string> metadata)
    {
        var header = new Dictionary<string, object> { ["__metadata__"] = metadata };
        long offset = 0;
        foreach ((string name, var value) in tensors)
        {
            long bytes = value.numel() * sizeof(float);
            header.Add(name, new { dtype = "F32", shape = value.shape, data_offsets = new[] { offset, offset + bytes } });
            offset += bytes;
        }

        byte[] json = JsonSerializer.SerializeToUtf8Bytes(header);
        using var writer = new BinaryWriter(stream, System.Text.Encoding.UTF8, leaveOpen: true);
        writer.Write((long)json.Length);
        writer.Write(json);
        foreach ((string _, var value) in tensors)
        {
            using var plain = value.detach().to(ScalarType.Float32).contiguous().clone();
            writer.Write(plain.bytes);
        }
    }

    private static void TryDelete(string path)
    {
        try
        {
            File.Delete(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // What matters is the error that led here.
        }
    }
}
