using System.Buffers.Binary;
using System.Text.Json;

namespace Microsoft.ML.Clip;

/// <summary>A tensor that is to be written. Its values are asked for when their turn has come, so that few need to be in memory twice.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Shape">The sizes of its axes.</param>
/// <param name="WriteValues">Writes as many as the shape says, row-major, little-endian.</param>
/// <param name="Type">Its element type as the format names it.</param>
internal sealed record SafetensorsSource(string Name, IReadOnlyList<long> Shape, Action<Stream> WriteValues, string Type = SafetensorsHeader.Float32)
{
    public long Bytes { get; } = Shape.Aggregate((long)SafetensorsHeader.ElementSize(Type)!, (product, axis) => checked(product * axis));
}

/// <summary>Writes safetensors files.</summary>
internal static class SafetensorsWriter
{
    // Values start at a multiple of this, so that readers may map them.
    private const int Alignment = 8;

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
            header.Add(tensor.Name, new { dtype = tensor.Type, shape = tensor.Shape, data_offsets = new[] { begin, end } });
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
}
