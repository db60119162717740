namespace Microsoft.ML.Clip.Tests;

/// <summary>Graphs in memory, read as a model's would be.</summary>
internal static class GraphFiles
{
    public const string Name = "onnx/model.onnx";

    public static MemoryModelFiles Files(byte[] graph, params (string Name, byte[] Bytes)[] others) =>
        new(others.Append((Name, graph)).ToDictionary(f => f.Item1, f => f.Item2), "a test");

    public static OnnxGraph Read(TinyOnnx onnx) => OnnxGraphReader.Read(Files(onnx.ToBytes()), Name);
}
