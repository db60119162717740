using Microsoft.ML.OnnxRuntime;

namespace Microsoft.ML.Clip.Tests;

/// <summary>A product and the vector that is added to it become one operation, where they are that.</summary>
public sealed class BiasedProductTests
{
    private const int Batch = 2, Tokens = 3, Width = 4, Wide = 6;

    // The bias is added first instead of last.
    private const float Tolerance = 1e-5f;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Join_SeveralProductsOfOneTensor_ComputeTheSame(bool biasFirst)
    {
        var graph = Graph().Weights("w2", Values(Wide * Width), Wide, Width).Weights("b2", Values(Width), Width).Weights("w3", Values(Width * Wide), Width,
            Wide).Weights("b3", Values(Wide), Wide)
            // The product of the second stands before the first.
            .Node("MatMul", ["x", "w3"], ["p3"]).Node("MatMul", ["x", "w"], ["p"])
            .Node("Add", biasFirst ? ["b", "p"] : ["p", "b"], ["h"]).Node("Add", biasFirst ? ["b3", "p3"] : ["p3", "b3"], ["h3"])
            .Node("Mul", ["h", "h3"], ["gate"])
            .Node("MatMul", ["gate", "w2"], ["p2"]).Node("Add", ["p2", "b2"], ["y"]);
        byte[] bytes = graph.ToBytes();

        var draft = Joined(bytes, expected: true);

        Assert.Equal(3, draft.Nodes.Count(n => n.Is("Gemm")));
        Assert.DoesNotContain(draft.Nodes, n => n.Is("MatMul") || n.Is("Add"));
        Assert.Equal(Run(bytes), Run(Bytes(draft)), (a, b) => MathF.Abs(a - b) <= Tolerance * MathF.Max(1, MathF.Abs(a)));
    }

    [Theory]
    [InlineData("another reads the product")]
    [InlineData("the product is given out")]
    [InlineData("a matrix is added")]
    [InlineData("half precision")]
    public void Join_WhatIsNotThat_Stays(string what)
    {
        bool isHalf = what == "half precision";
        var graph = isHalf ? new TinyOnnx { HalfWeights = true }.Input("x", TinyOnnx.Float16, Batch, Tokens, Width).Output("y",
            TinyOnnx.Float16).Weights("w", Values(Width * Wide), Width, Wide)
            .Weights("b", Values(Wide), Wide) : Graph();
        graph.Weights("rows", Values(Tokens * Wide), Tokens, Wide).Node("MatMul", ["x", "w"], ["p"]);
        graph = what switch
        {
            "another reads the product" => graph.Node("Add", ["p", "b"], ["h"]).Node("Mul", ["h", "p"], ["y"]),
            "the product is given out" => graph.Node("Add", ["p", "b"], ["y"]).Output("p", TinyOnnx.Float),
            "a matrix is added" => graph.Node("Add", ["p", "rows"], ["y"]),
            _ => graph.Node("Add", ["p", "b"], ["y"]),
        };

        Joined(graph.ToBytes(), expected: false);
    }

    private static TinyOnnx Graph() => new TinyOnnx().Input("x", TinyOnnx.Float, "batch", "tokens", Width).Output("y", TinyOnnx.Float)
        .Weights("w", Values(Width * Wide), Width, Wide).Weights("b", Values(Wide), Wide);

    private static float[] Values(int count) => [.. Enumerable.Range(1, count).Select(i => MathF.Cos(i * i))];

    private static GraphDraft Joined(byte[] bytes, bool expected)
    {
        var files = GraphFiles.Files(bytes);
        var draft = new GraphDraft(files, OnnxGraphReader.Read(files, GraphFiles.Name));
        Assert.Equal(expected, BiasedProduct.Join(draft));
        Assert.Equal(expected, draft.IsChanged);
        return draft;
    }

    private static byte[] Bytes(GraphDraft draft)
    {
        using var source = draft.Files.OpenRead(GraphFiles.Name);
        return ProtobufOutput.ToExactArray(output => draft.Write(output, source), "the test's graph");
    }

    private static float[] Run(byte[] bytes)
    {
        using var session = new InferenceSession(bytes);
        using var x = OrtValue.CreateTensorValueFromMemory(Values(Batch * Tokens * Width), [Batch, Tokens, Width]);
        using var run = new RunOptions();
        using var results = session.Run(run, ["x"], [x], ["y"]);
        return results[0].GetTensorDataAsSpan<float>().ToArray();
    }
}
