using System.Text;
using System.Text.Json;

namespace Microsoft.ML.Clip.Tests;

/// <summary>Safetensors files put together by hand, right ones and wrong ones.</summary>
internal static class SafetensorsBytes
{
    /// <summary>A file with any header and any values.</summary>
    public static byte[] File(string header, int dataLength) =>
        [.. BitConverter.GetBytes((ulong)Encoding.UTF8.GetByteCount(header)), .. Encoding.UTF8.GetBytes(header), .. new byte[dataLength]];

    /// <summary>A right file.</summary>
    public static byte[] File(params (string Name, string Type, int[] Shape, byte[] Values)[] tensors)
    {
        var header = new Dictionary<string, object>();
        int end = 0;
        foreach (var (name, type, shape, values) in tensors)
        {
            header.Add(name, new { dtype = type, shape, data_offsets = new[] { end, end += values.Length } });
        }
        byte[] json = JsonSerializer.SerializeToUtf8Bytes(header);
        return [.. BitConverter.GetBytes((ulong)json.Length), .. json, .. tensors.SelectMany(t => t.Values)];
    }
}
