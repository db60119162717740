using Microsoft.ML.OnnxRuntime;

namespace Microsoft.ML.Clip.Tests;

/// <summary>A product and the vector that is added to it become one operation, where they are that.</summary>
public sealed class BiasedProductTests
{
    private const int Batch = 2, Tokens = 3, Width = 4, Wide = 6;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Join_SeveralProductsOfOneTensor_ComputeTheSame(bool biasFirst)
    {
        var graph = Graph().Weights("w2", EditedGraphs.Values(Wide * Width), Wide, Width).Weights("b2", EditedGraphs.Values(Width), Width).Weights("w3",
            EditedGraphs.Values(Width * Wide), Width,
            Wide).Weights("b3", EditedGraphs.Values(Wide), Wide)
            // The product of the second stands before the first.
            .Node("MatMul", ["x", "w3"], ["p3"]).Node("MatMul", ["x", "w"], ["p"])
            .Node("Add", biasFirst ? ["b", "p"] : ["p", "b"], ["h"]).Node("Add", biasFirst ? ["b3", "p3"] : ["p3", "b3"], ["h3"])
            .Node("Mul", ["h", "h3"], ["gate"])
            .Node("MatMul", ["gate", "w2"], ["p2"]).Node("Add", ["p2", "b2"], ["y"]);
        byte[] bytes = graph.ToBytes();

        var draft = Joined(bytes, expected: true);

        Assert.Equal(3, draft.Nodes.Count(n => n.Is("Gemm")));
        Assert.DoesNotContain(draft.Nodes, n => n.Is("MatMul") || n.Is("Add"));
        Assert.Equal(Run(bytes), Run(EditedGraphs.Bytes(draft)), EditedGraphs.Near);
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
            TinyOnnx.Float16).Weights("w", EditedGraphs.Values(Width * Wide), Width, Wide)
            .Weights("b", EditedGraphs.Values(Wide), Wide) : Graph();
        graph.Weights("rows", EditedGraphs.Values(Tokens * Wide), Tokens, Wide).Node("MatMul", ["x", "w"], ["p"]);
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
        .Weights("w", EditedGraphs.Values(Width * Wide), Width, Wide).Weights("b", EditedGraphs.Values(Wide), Wide);

    private static GraphDraft Joined(byte[] bytes, bool expected) => EditedGraphs.Changed(bytes, BiasedProduct.Join, expected);

    private static float[] Run(byte[] bytes) =>
        EditedGraphs.Run(bytes, "y", ("x", () => OrtValue.CreateTensorValueFromMemory(EditedGraphs.Values(Batch * Tokens * Width), [Batch, Tokens, Width])));
}
