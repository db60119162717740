using Microsoft.ML.OnnxRuntime;

namespace Microsoft.ML.Clip.Tests;

/// <summary>Attention that an export spells out becomes one operation, and nothing that merely looks like it does.</summary>
public sealed class FusedAttentionTests
{
    private const int Batch = 2, Tokens = 5, Heads = 3, HeadWidth = 4, Width = Heads * HeadWidth;

    [Theory]
    [InlineData("queries scaled")]
    [InlineData("scores divided")]
    [InlineData("both scaled by the root")]
    [InlineData("not scaled")]
    [InlineData("shapes put together")]
    [InlineData("a token alone")]
    public void Fuse_TheFormsOfExports_ComputesTheSame(string form)
    {
        byte[] bytes = Attention(form).ToBytes();

        var draft = Fused(bytes, expected: true);
        if (form == "a token alone")
        {
            Assert.True(RowSelection.Move(draft));
            // The query's product, too, is of one token.
            Assert.Contains(draft.Nodes, n => n.Is("MatMul") && n.Outputs[0].StartsWith("q_product_token", StringComparison.Ordinal));
        }

        Assert.DoesNotContain(draft.Nodes, n => n.Is("Softmax"));
        Assert.Equal(Run(bytes), Run(EditedGraphs.Bytes(draft)), EditedGraphs.Near);
    }

    [Theory]
    [InlineData("a mask")]
    [InlineData("keys not turned")]
    [InlineData("heads joined in another order")]
    [InlineData("softmax over queries")]
    [InlineData("weights given out")]
    [InlineData("values of other heads")]
    public void Fuse_WhatIsNotPlainAttention_Stays(string form) => Fused(Attention(form).ToBytes(), expected: false);

    private static TinyOnnx Attention(string form)
    {
        var graph = new TinyOnnx().Input("x", TinyOnnx.Float, "batch", "tokens", Width).Output("y", TinyOnnx.Float)
            .Weights("scale", [0.5f]).Weights("root", [MathF.Sqrt(0.5f)]).Weights("divisor", [2f]).Weights("mask", EditedGraphs.Values(Tokens * Tokens), Tokens, Tokens)
            .Integers("heads", [0, 0, Heads, HeadWidth], 4).Integers("others", [0, 0, HeadWidth, Heads], 4).Integers("joined", [0, 0, Width], 3)
            .Integers("zero", [0]).Integers("one", [1]).Integers("axis", [0], 1).Integers("h", [Heads], 1).Integers("d", [HeadWidth], 1).Integers("w", [Width], 1);
        string heads = "heads", joined = "joined";
        if (form == "shapes put together")
        {
            graph.Node("Shape", ["x"], ["shape"]).Node("Gather", ["shape", "zero"], ["b0"]).Node("Gather", ["shape", "one"], ["t0"])
                .Node("Unsqueeze", ["b0", "axis"], ["b"]).Node("Unsqueeze", ["t0", "axis"], ["t"])
                .Node("Concat", ["b", "t", "h", "d"], ["heads_of"], ("axis", 0)).Node("Concat", ["b", "t", "w"], ["joined_to"], ("axis", 0));
            (heads, joined) = ("heads_of", "joined_to");
        }
        foreach (string name in (string[])["q", "k", "v"])
        {
            bool isScaled = name == "q" && form is "queries scaled" or "a token alone" && name == "q", isOther = name == "v" && form == "values of other heads";
            graph.Weights("w" + name, EditedGraphs.Values(Width * Width, name[0]), Width, Width).Weights("b" + name, EditedGraphs.Values(Width, name[0]), Width)
                .Node("MatMul", ["x", "w" + name], [name + "_product"]).Node("Add", [name + "_product", "b" + name], [name]);
            string all = name;
            if (isScaled)
            {
                graph.Node("Mul", [name, "scale"], [all = name + "_scaled"]);
            }
            graph.Node("Reshape", [all, isOther ? "others" : heads], [name + "_split"]);
            int[] order = name == "k" && form is not ("both scaled by the root" or "keys not turned") ? [0, 2, 3, 1] : isOther ? [0, 3, 1, 2] : [0, 2, 1, 3];
            graph.Node("Transpose", [name + "_split"], [name + "_heads"], ("perm", order));
        }
        string query = "q_heads", key = "k_heads";
        if (form == "both scaled by the root")
        {
            graph.Node("Mul", ["q_heads", "root"], [query = "q_root"]).Node("Transpose", ["k_heads"], ["k_turned"], ("perm", new[] { 0, 1, 3, 2 }))
                .Node("Mul", ["k_turned", "root"], [key = "k_root"]);
        }
        if (form == "keys not turned")
        {
            graph.Node("Transpose", ["k_heads"], [key = "k_turned"], ("perm", new[] { 0, 2, 3, 1 }));
        }
        graph.Node("MatMul", [query, key], ["scores"]);
        string scores = "scores";
        if (form is "scores divided" or "a mask")
        {
            graph.Node("Div", ["scores", "divisor"], [scores = "divided"]);
        }
        if (form == "a mask")
        {
            graph.Node("Add", [scores, "mask"], [scores = "masked"]);
        }
        graph.Node("Softmax", [scores], ["shares"], ("axis", form == "softmax over queries" ? 2 : -1)).Node("MatMul", ["shares", "v_heads"], ["mixed"])
            .Node("Transpose", ["mixed"], ["rows"], ("perm", form == "heads joined in another order" ? new[] { 0, 2, 3, 1 } : [0, 2, 1, 3]))
            .Node("Reshape", ["rows", joined], ["attended"]);
        if (form == "weights given out")
        {
            graph.Output("shares", TinyOnnx.Float);
        }
        return form == "a token alone" ? graph.Node("Gather", ["attended", "zero"], ["y"], ("axis", 1)) : graph.Node("Identity", ["attended"], ["y"]);
    }

    private static GraphDraft Fused(byte[] bytes, bool expected) => EditedGraphs.Changed(bytes, FusedAttention.Fuse, expected);

    private static float[] Run(byte[] bytes) =>
        EditedGraphs.Run(bytes, "y", ("x", () => OrtValue.CreateTensorValueFromMemory(EditedGraphs.Values(Batch * Tokens * Width), [Batch, Tokens, Width])));
}
