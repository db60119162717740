using Microsoft.ML.OnnxRuntime.Tensors;

namespace Microsoft.ML.Clip.Tests;

public sealed class OnnxGraphReaderTests
{
    private static TinyOnnx Example() => new TinyOnnx()
        .Input("x", TinyOnnx.Float, "batch", 3, 0)
        .Input("w", TinyOnnx.Float, 3, 2)
        .Weights("w", [1, 2, 3, 4, 5, 6], 3, 2)
        .Weights("scale", [2.5f])
        .Integers("shape", [7], 1)
        .Node("Gemm", ["x", "w", ""], ["h"], ("transB", 1), ("alpha", 0.5f), ("axes", new[] { 1, 2 }))
        .Node("Mul", ["h", "scale"], ["y"])
        .Output("y", TinyOnnx.Float16, "batch", 2)
        .Metadata("logit_scale", "100");

    [Fact]
    public void Read_AGraph_GivesItsStructure()
    {
        var graph = GraphFiles.Read(Example());

        // w has a value, so nobody has to feed it.
        Assert.Equal("x: float[?, 3, ?]", string.Join("; ", graph.Inputs));
        Assert.Equal("y: float16[?, 2]", string.Join("; ", graph.Outputs));
        Assert.Equal([3, 2], graph.Initializers["w"].Dimensions);
        Assert.Null(graph.Initializers["w"].Scalar);
        Assert.Equal((2.5, 7.0), (graph.Initializers["scale"].Scalar, graph.Initializers["shape"].Scalar));
        Assert.Equal("100", graph.Metadata["logit_scale"]);
        var gemm = graph.Producer("h")!;
        Assert.Equal(("Gemm", 1.0, 0.5, false), (gemm.Operation, gemm.Numbers["transB"], gemm.Numbers["alpha"], gemm.HasInput(2)));
        Assert.False(gemm.Numbers.ContainsKey("axes"));
        Assert.Null(graph.Producer("x"));
        Assert.Equal(TensorElementType.Float16, graph.Output("y")!.ElementType);
    }

    [Fact]
    public void Dimension_OfAnAxisBeforeTheFirst_IsUnknown()
    {
        // The last axis of an output that has none.
        var graph = GraphFiles.Read(new TinyOnnx().Input("x", TinyOnnx.Float, 1).Node("ReduceL2", ["x"], ["y"]).Output("y", TinyOnnx.Float));

        Assert.Equal(0, graph.Outputs.Single().Rank);
        Assert.Null(graph.Outputs.Single().Dimension(-1));
        Assert.Null(ClipJointOutput.Find(graph, new() { Input = "x", Embeddings = ["y"], AloneOnly = [] }, isShared: false, Assert.Fail)!.Dimension);
    }

    [Fact]
    public void Read_NoDeclaredShape_LeavesTheRankOpen()
    {
        byte[] graph = new ProtobufWriter().Message(1, n => n.String(1, "x").String(2, "y").String(4, "Identity"))
            .Message(11, i => i.String(1, "x").Message(2, t => t.Message(1, tensor => tensor.Int(1, TinyOnnx.Int64)))).ToArray();

        var input = OnnxGraphReader.Read(GraphFiles.Files(new ProtobufWriter().Bytes(7, graph).ToArray()), GraphFiles.Name).Inputs.Single();

        Assert.Equal((null, "x: int64[...]"), (input.Rank, input.ToString()));
    }

    [Theory]
    [InlineData("", "it is empty")]
    [InlineData("version https://git-lfs.github.com/spec/v1\noid sha256:0", "it is a Git LFS pointer")]
    [InlineData("\n <!DOCTYPE html>", "it is an HTML or XML page")]
    [InlineData("\u0008\u0007", "it holds no graph")]
    public void Read_NoModel_SaysWhatItIs(string content, string expected)
    {
        var error = Assert.Throws<InvalidDataException>(() =>
            OnnxGraphReader.Read(GraphFiles.Files(System.Text.Encoding.UTF8.GetBytes(content)), GraphFiles.Name));

        Assert.Contains($"{GraphFiles.Name}", error.Message, StringComparison.Ordinal);
        Assert.Contains(expected, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Read_CutAnywhere_IsRefusedOrWhole()
    {
        // A file that ends between two fields of the model may still be one; nothing else may pass, and nothing but InvalidDataException come out.
        byte[] whole = Example().ToBytes();
        int readable = 0;
        for (int length = 0; length < whole.Length; length++)
        {
            try
            {
                readable += OnnxGraphReader.Read(GraphFiles.Files(whole[..length]), GraphFiles.Name).Nodes.Count == 2 ? 1
                    : throw new InvalidOperationException($"{length}");
            }
            catch (InvalidDataException)
            {
                // What is expected of nearly all lengths.
            }
        }
        Assert.InRange(readable, 1, 3);
    }

    [Fact]
    public void Read_AnyByteChanged_EndsInAGraphOrTheError()
    {
        byte[] whole = Example().ToBytes();
        for (int i = 0; i < whole.Length; i++)
        {
            foreach (byte value in (byte[])[0x00, 0x7F, 0x80, 0xFF, (byte)(whole[i] ^ 1)])
            {
                byte[] changed = [.. whole];
                changed[i] = value;
                try
                {
                    Assert.NotEmpty(OnnxGraphReader.Read(GraphFiles.Files(changed), GraphFiles.Name).Nodes);
                }
                catch (InvalidDataException e)
                {
                    Assert.Contains("is not a readable ONNX model", e.Message, StringComparison.Ordinal);
                }
            }
        }
    }
}
