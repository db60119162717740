using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text.Json;

namespace Microsoft.ML.Clip;

/// <summary>Writes safetensors files of float32 tensors.</summary>
internal static class SafetensorsWriter
{
    // Values start at a multiple of this, so that readers may map them.
    private const int Alignment = 8;

    public static void Write(string path, IReadOnlyList<WeightTensor> tensors)
    {
        var header = new OrderedDictionary<string, object> { ["__metadata__"] = new { format = "pt" } };
        long end = 0;
        foreach (var tensor in tensors)
        {
            long begin = end;
            end += (long)tensor.Values.Length * sizeof(float);
            header.Add(tensor.Name, new { dtype = "F32", shape = tensor.Shape, data_offsets = new[] { begin, end } });
        }
        byte[] json = JsonSerializer.SerializeToUtf8Bytes(header);
        int padded = (json.Length + Alignment - 1) / Alignment * Alignment;
        WholeFile.Write(path, stream =>
        {
            Span<byte> length = stackalloc byte[sizeof(ulong)];
            BinaryPrimitives.WriteUInt64LittleEndian(length, (ulong)padded);
            stream.Write(length);
            stream.Write(json);
            stream.Write("        "u8[..(padded - json.Length)]);
            foreach (var tensor in tensors)
            {
                stream.Write(MemoryMarshal.AsBytes(tensor.Values.AsSpan()));
            }
        });
    }
}
