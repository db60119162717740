namespace Microsoft.ML.Clip.Tests;

/// <summary>Why graphs are read by a reader of our own (docs/adr/0009-a-reader-of-onnx-graphs.md): it leaves the weights where they are.</summary>
public sealed class LargeGraphTests
{
    private const long WeightBytes = 512L << 20;

    // The reader's buffers and what it has found out.
    private const long MemoryLimit = 256 << 10;

    [Fact]
    public void Read_WeightsOfHalfAGigabyte_TakesMemoryForTheStructureAlone()
    {
        using var directory = new TemporaryDirectory();
        WriteModel(directory.Combine("model.onnx"));
        var files = new DirectoryModelFiles(directory);
        OnnxGraphReader.Read(files, "model.onnx");

        long before = GC.GetAllocatedBytesForCurrentThread();
        var graph = OnnxGraphReader.Read(files, "model.onnx");
        long allocated = GC.GetAllocatedBytesForCurrentThread() - before;

        Assert.True(allocated < MemoryLimit, $"{allocated:N0} bytes were allocated");
        Assert.Equal([WeightBytes / 4], graph.Initializers["w"].Dimensions);
        // What stands behind the weights is seen, too.
        Assert.Equal("y", graph.Nodes[^1].Outputs.Single());
        Assert.Equal("y", graph.Outputs.Single().Name);
    }

    /// <summary>An ONNX file with one large tensor in the middle, whose bytes are left out of a sparse file.</summary>
    private static void WriteModel(string path)
    {
        byte[] head = new ProtobufWriter().Int(1, WeightBytes / 4).Int(2, TinyOnnx.Float).String(8, "w").Tag(9, WeightBytes).ToArray();
        byte[] before = new ProtobufWriter().Int(1, 8).ToArray();
        byte[] graph = new ProtobufWriter().Tag(5, head.Length + WeightBytes).ToArray();
        byte[] behind = new ProtobufWriter()
            .Message(1, node => node.String(1, "x").String(1, "w").String(2, "y").String(4, "Mul"))
            .Message(12, output => output.String(1, "y"))
            .ToArray();
        byte[] start = new ProtobufWriter().Tag(7, graph.Length + head.Length + WeightBytes + behind.Length).ToArray();
        using var file = File.Create(path);
        foreach (byte[] part in (byte[][])[before, start, graph, head])
        {
            file.Write(part);
        }
        file.Position += WeightBytes;
        file.Write(behind);
    }
}
