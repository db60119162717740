namespace Microsoft.ML.Clip.Tests;

/// <summary>Graphs made to end the process or to take all memory: refused by the reader, so that ONNX Runtime never sees them.</summary>
public sealed class HostileGraphTests
{
    // What a part of a graph takes, at most, times the most parts; the reader's answer must not depend on how large the file is.
    private const long MemoryLimit = 400L << 20;

    public static TheoryData<string, string> Files => new()
    {
        { "empty operations", $"more than {OnnxGraphReader.MaximumParts:N0} operations and tensors" },
        { "empty operations within one", $"more than {OnnxGraphReader.MaximumParts:N0} operations and tensors" },
        { "fields that nobody knows", $"more than {OnnxGraphReader.MaximumParts:N0} operations and tensors" },
        { "names of one operation", $"more than {ProtobufReader.MaximumFields:N0} fields" },
        { "names of a megabyte", $"names take more than {ProtobufReader.MaximumTextLength:N0} bytes" },
        { "packed axes", $"the axes of a tensor to more than {OnnxGraphReader.MaximumRank}" },
        { "axes one by one", $"the axes of a tensor to more than {OnnxGraphReader.MaximumRank}" },
        { "axes of an input", $"has more than {OnnxGraphReader.MaximumRank} axes" },
        { "axes of a tensor in an attribute", $"the axes of a tensor to more than {OnnxGraphReader.MaximumRank}" },
        { "packed numbers of an attribute", "is a list of" },
    };

    [Theory]
    [InlineData(OnnxGraphReader.MaximumDepth + 1)]
    [InlineData(10_000)]
    [InlineData(100_000)]
    public void Read_NestedGraphs_AreRefused(int depth) => Refused(Nested(depth), $"lies within more than {OnnxGraphReader.MaximumDepth} others");

    [Fact]
    public void Read_NestedWithinTheLimit_CapturesTheInnermostName()
    {
        var graph = OnnxGraphReader.Read(GraphFiles.Files(Nested(OnnxGraphReader.MaximumDepth)), GraphFiles.Name);

        Assert.Equal(["innermost"], graph.Nodes.Single().Captured);
    }

    [Theory, MemberData(nameof(Files))]
    public void Read_SmallInTheFileAndLargeInMemory_IsRefused(string kind, string expected)
    {
        const int Many = 8_000_000;
        byte[] graph = kind switch
        {
            // Tag and length of an empty message: ten million of them are 20 MB.
            "empty operations" => Repeated([0x0A, 0], Many),
            "empty operations within one" => Operation(a => a.Bytes(6, Repeated([0x0A, 0], Many))),
            "fields that nobody knows" => Repeated([0x7A, 0], Many),
            "names of one operation" => new ProtobufWriter().Bytes(1, Repeated([0x0A, 0], Many)).ToArray(),
            "names of a megabyte" => Repeated(new ProtobufWriter().Message(11, v => v.Bytes(1, new byte[1 << 20])).ToArray(), 40),
            "packed axes" => new ProtobufWriter().Message(5, t => t.Bytes(1, new byte[50_000_000])).ToArray(),
            "axes one by one" => new ProtobufWriter().Bytes(5, Repeated([0x08, 0], Many)).ToArray(),
            "axes of an input" => new ProtobufWriter().Message(11, v => v.Message(2, t => t.Message(1, s => s.Bytes(2, Repeated([0x0A, 0], Many))))).ToArray(),
            "axes of a tensor in an attribute" => Operation(a => a.Message(5, t => t.Bytes(1, new byte[50_000_000]))),
            _ => Operation(a => a.Bytes(8, new byte[50_000_000])),
        };

        Refused(new ProtobufWriter().Bytes(7, graph).ToArray(), expected);
    }

    [Fact]
    public void Load_NestedGraphOfTheShared_IsRefusedAndNamed()
    {
        string file = SharedFolder.Require("fixtures/attack/nested-subgraph-10000.onnx");
        using var directory = new TemporaryDirectory();
        directory.Copy(file, "model.onnx");

        var error = Assert.Throws<InvalidDataException>(() => ClipModel.Load(directory));

        Assert.Contains("'model.onnx'", error.Message, StringComparison.Ordinal);
        Assert.Contains("lies within more than", error.Message, StringComparison.Ordinal);
    }

    private static void Refused(byte[] model, string expected)
    {
        var files = GraphFiles.Files(model);
        long before = GC.GetAllocatedBytesForCurrentThread();
        var error = Assert.Throws<InvalidDataException>(() => OnnxGraphReader.Read(files, GraphFiles.Name));
        long allocated = GC.GetAllocatedBytesForCurrentThread() - before;

        Assert.Contains(expected, error.Message, StringComparison.Ordinal);
        Assert.True(allocated < MemoryLimit, $"{allocated:N0} bytes were allocated");
    }

    private static byte[] Operation(Action<ProtobufWriter> attribute) => new ProtobufWriter().Message(1, n => n.Message(5, attribute)).ToArray();

    private static byte[] Repeated(byte[] part, int count)
    {
        byte[] all = new byte[part.Length * count];
        for (int i = 0; i < all.Length; i += part.Length)
        {
            part.CopyTo(all, i);
        }
        return all;
    }

    /// <summary>A model whose operation holds a graph, whose operation holds a graph, and so on.</summary>
    private static byte[] Nested(int depth)
    {
        // From the inside out, each part in front of what it holds, as only lengths have to be known.
        var heads = new Stack<byte[]>();
        byte[] innermost = new ProtobufWriter().Message(1, n => n.String(1, "innermost")).ToArray();
        long length = innermost.Length;
        for (int i = 0; i < depth; i++)
        {
            foreach (int field in (int[])[6, 5, 1])
            {
                byte[] head = new ProtobufWriter().Tag(field, length).ToArray();
                heads.Push(head);
                length += head.Length;
            }
        }
        heads.Push(new ProtobufWriter().Tag(7, length).ToArray());
        return [.. heads.SelectMany(h => h), .. innermost];
    }
}
