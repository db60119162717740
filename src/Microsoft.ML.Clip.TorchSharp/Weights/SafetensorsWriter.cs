using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text.Json;

namespace Microsoft.ML.Clip;

/// <summary>A float32 tensor that is to be written. Its values are asked for when their turn has come, so that few need to be in memory twice.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Shape">The sizes of its axes.</param>
/// <param name="WriteValues">Writes as many as the shape says, row-major, little-endian.</param>
internal sealed record SafetensorsSource(string Name, IReadOnlyList<long> Shape, Action<Stream> WriteValues)
{
    public long Bytes { get; } = Shape.Aggregate((long)sizeof(float), (product, axis) => checked(product * axis));
}

/// <summary>Writes safetensors files of float32 tensors.</summary>
internal static class SafetensorsWriter
{
    // Values start at a multiple of this, so that readers may map them.
    private const int Alignment = 8;

    // As torch's own writer says it.
    private static readonly Dictionary<string, string> Torch = new() { ["format"] = "pt" };

    /// <summary>Writes a file of weights, whole or not at all.</summary>
    public static void Write(string path, IReadOnlyList<WeightTensor> tensors) =>
        WholeFile.Write(path, stream => Write(stream, [.. tensors.Select(Source)], Torch));

    /// <summary>Writes a file's content.</summary>
    /// <param name="stream">Takes it.</param>
    /// <param name="tensors">The tensors, in the order in which their values lie in the file.</param>
    /// <param name="metadata">Texts by name.</param>
    public static void Write(Stream stream, IReadOnlyList<SafetensorsSource> tensors, IReadOnlyDictionary<string, string> metadata)
    {
        var header = new OrderedDictionary<string, object> { [SafetensorsHeader.MetadataName] = metadata };
        long end = 0;
        foreach (var tensor in tensors)
        {
            long begin = end;
            end += tensor.Bytes;
            header.Add(tensor.Name, new { dtype = SafetensorsHeader.Float32, shape = tensor.Shape, data_offsets = new[] { begin, end } });
        }
        byte[] json = JsonSerializer.SerializeToUtf8Bytes(header);
        int padded = (json.Length + Alignment - 1) / Alignment * Alignment;
        Span<byte> length = stackalloc byte[sizeof(ulong)];
        BinaryPrimitives.WriteUInt64LittleEndian(length, (ulong)padded);
        stream.Write(length);
        stream.Write(json);
        stream.Write("        "u8[..(padded - json.Length)]);
        foreach (var tensor in tensors)
        {
            tensor.WriteValues(stream);
        }
    }

    private static SafetensorsSource Source(WeightTensor tensor) =>
        new(tensor.Name, [.. tensor.Shape.Select(s => (long)s)], stream => stream.Write(MemoryMarshal.AsBytes(tensor.Values.AsSpan())));
}
