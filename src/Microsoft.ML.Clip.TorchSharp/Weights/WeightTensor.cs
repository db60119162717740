using System.Runtime.InteropServices;

namespace Microsoft.ML.Clip;

/// <summary>A parameter's values in ordinary memory, row-major.</summary>
/// <param name="Name">OpenAI's name of it.</param>
/// <param name="Values">As many as the shape holds.</param>
/// <param name="Shape">The sizes of its axes; none for a scalar.</param>
internal sealed record WeightTensor(string Name, float[] Values, params int[] Shape)
{
    // As torch's own writer says it.
    private static readonly Dictionary<string, string> Torch = new() { ["format"] = "pt" };

    /// <summary>Writes a safetensors file of weights, whole or not at all.</summary>
    public static void Write(string path, IReadOnlyList<WeightTensor> tensors) =>
        WholeFile.Write(path, stream => SafetensorsWriter.Write(stream, [.. tensors.Select(Source)], Torch));

    private static SafetensorsSource Source(WeightTensor tensor) =>
        new(tensor.Name, [.. tensor.Shape.Select(s => (long)s)], stream => stream.Write(MemoryMarshal.AsBytes(tensor.Values.AsSpan())));

    /// <summary>The number of values in one step along the first axis.</summary>
    public int RowLength => Values.Length / Math.Max(1, Shape[0]);

    /// <summary>[rows, columns] to [columns, rows].</summary>
    public WeightTensor Transposed()
    {
        int rows = Shape[0], columns = Shape[1];
        float[] values = new float[Values.Length];
        for (int r = 0; r < rows; r++)
        {
            for (int c = 0; c < columns; c++)
            {
                values[(c * rows) + r] = Values[(r * columns) + c];
            }
        }
        return new WeightTensor(Name, values, columns, rows);
    }
}
