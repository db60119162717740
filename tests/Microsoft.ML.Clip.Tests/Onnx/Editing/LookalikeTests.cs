using Microsoft.ML.OnnxRuntime;

namespace Microsoft.ML.Clip.Tests;

/// <summary>Graphs that look like towers and are none compute the same after work was left out, or stay as they are.</summary>
public sealed class LookalikeTests
{
    private const int Batch = 2, Tokens = 4, Heads = 3, HeadWidth = 4, Width = Heads * HeadWidth;

    private static TinyOnnx Base() => new TinyOnnx().Input("x", TinyOnnx.Float, "batch", "tokens", Width).Output("y", TinyOnnx.Float)
        .Weights("w", EditedGraphs.Values(Width * Width), Width, Width).Weights("b", EditedGraphs.Values(Width), Width).Weights("v",
            EditedGraphs.Values(Width), Width)
        .Weights("wt", EditedGraphs.Values(Tokens * Width), Tokens, Width).Weights("wtt", EditedGraphs.Values(Tokens * Tokens), Tokens, Tokens).Weights("bt",
            EditedGraphs.Values(Tokens), Tokens)
        .Integers("i0", [0]).Integers("i2", [2]).Integers("last", [-1]);

    // Windows of two tokens.
    [Fact]
    public void Attention_OfWindows() => Same(Attention([-1, 2, Heads, HeadWidth], [Batch, Tokens, Width]));

    // All images at once.
    [Fact]
    public void Attention_OverTheBatch() => Same(Attention([1, -1, Heads, HeadWidth], [Batch, Tokens, Width]));

    [Fact]
    public void Attention_JoinedToAnotherShape() => Same(Attention([0, 0, Heads, HeadWidth], [1, -1, Width]));

    // A learned query, the same for all images: attention pooling.
    [Fact]
    public void Attention_OneQueryForAllImages() => Same(Attention([0, 0, Heads, HeadWidth], [0, 0, Width], "probe"));

    [Fact]
    public void Attention_UnsortedNodes() => Same(Attention([0, 0, Heads, HeadWidth], [0, 0, Width], "x", unsorted: true));

    [Fact]
    public void Attention_DoubleInside() => Same(Attention([0, 0, Heads, HeadWidth], [0, 0, Width], "double"));

    [Fact]
    public void Selection_MeanOfTokensAdded() => Same(Base().Node("ReduceMean", ["x"], ["m"], ("axes", new[] { 1 }), ("keepdims", 1))
        .Node("Sub", ["x", "m"], ["c"]).Node("MatMul", ["c", "w"], ["p"]).Node("Gather", ["p", "i2"], ["y"], ("axis", 1)));

    [Fact]
    public void Selection_MeanOfTokensAdded_ByToken() => Same(Base().Integers("places", [3, 1], Batch, 1).Node("ReduceMean", ["x"], ["m"], ("axes", new[] { 1 }), ("keepdims", 1))
        .Node("Sub", ["x", "m"], ["c"]).Node("MatMul", ["c", "w"], ["p"]).Node("GatherND", ["p", "places"], ["y"], ("batch_dims", 1)));

    [Fact]
    public void Selection_OnePositionTableForAllRows() => Same(Base().Integers("ids", [0, 1, 2, 3], 1, Tokens).Integers("places", [0, 3, 1, 1], Batch, 2)
        .Node("Gather", ["wt", "ids"], ["pos"]).Node("Add", ["x", "pos"], ["c"]).Node("MatMul", ["c", "w"], ["p"]).Node("GatherND", ["p", "places"], ["y"]));

    [Fact]
    public void Selection_SeveralTokensByPlace() => Same(Base().Integers("places", [3, 1, 0, 2], Batch, 2, 1)
        .Node("MatMul", ["x", "w"], ["p"]).Node("GatherND", ["p", "places"], ["y"], ("batch_dims", 1)));

    [Fact]
    public void Selection_SeveralTokensByPlace_TwoProducts() => Same(Base().Integers("places", [3, 1, 0, 2], Batch, 2, 1)
        .Node("MatMul", ["x", "w"], ["p0"]).Node("MatMul", ["p0", "w"], ["p"]).Node("GatherND", ["p", "places"], ["y"], ("batch_dims", 1)));

    [Fact]
    public void Selection_OfRowsOfTheBatch() => Same(Base().Integers("places", [1, 0, 1], 3, 1)
        .Node("MatMul", ["x", "w"], ["p"]).Node("GatherND", ["p", "places"], ["y"]));

    [Fact]
    public void Selection_OfSingleValues() => Same(Base().Integers("places", [1, 0, 5, 0, 2, 3], 2, 3)
        .Node("MatMul", ["x", "w"], ["p"]).Node("GatherND", ["p", "places"], ["y"]));

    [Fact]
    public void Selection_NormWithGainPerToken() => Same(Base().Weights("g", EditedGraphs.Values(Tokens * Width), 1, Tokens, Width)
        .Node("LayerNormalization", ["x", "g"], ["n"], ("axis", -1)).Node("MatMul", ["n", "w"], ["p"]).Node("Gather", ["p", "i2"], ["y"], ("axis", 1)));

    [Fact]
    public void Rank_ProductWithAVector_Selection() => Same(Base().Node("MatMul", ["x", "v"], ["s"]).Node("MatMul", ["s", "wtt"], ["p"]).Node("Gather", ["p", "i2"], ["y"], ("axis", 1)));

    [Fact]
    public void Rank_ProductWithAVector_Bias() => Same(Base().Node("MatMul", ["x", "v"], ["s"]).Node("MatMul", ["s", "wtt"], ["p"]).Node("Add", ["p", "bt"], ["y"]));

    [Fact]
    public void Selection_CausalAttentionOfOnnxRuntime()
    {
        byte[] stand = Base().Node("MatMul", ["x", "w"], ["q"]).Node("Add", ["q", "x"], ["a"]).Node("Gather", ["a", "i2"], ["y"], ("axis", 1)).ToBytes();
        var files = GraphFiles.Files(stand);
        var draft = new GraphDraft(files, OnnxGraphReader.Read(files, GraphFiles.Name));
        draft.RequireOperators("com.microsoft", 1);
        draft.Replace(draft.Producer("a")!, new DraftNode("MultiHeadAttention", ["q", "x", "x"], ["a"], "com.microsoft",
            [DraftAttribute.Of("num_heads", (long)Heads), DraftAttribute.Of("unidirectional", 1L)]));
        using var source = files.OpenRead(GraphFiles.Name);
        Same(ProtobufOutput.ToExactArray(output => draft.Write(output, source), "the test's graph"));
    }

    private static TinyOnnx Attention(long[] heads, long[] joined, string from = "x", bool unsorted = false)
    {
        var graph = Base().Integers("heads", heads, 4).Integers("joined", joined, 3).Weights("probe", EditedGraphs.Values(Width), 1, 1, Width);
        string q = from == "probe" ? "probe" : "x", w = "w", x = "x";
        if (from is "half" or "double")
        {
            int to = from == "half" ? 10 : 11;
            graph.Node("Cast", ["x"], ["xc"], ("to", to)).Node("Cast", ["w"], ["wc"], ("to", to));
            (q, x, w) = ("xc", "xc", "wc");
        }
        if (unsorted)
        {
            Attend(graph, "q", "k", "v1");
            graph.Node("Identity", ["attended"], ["y"]);
        }
        graph.Node("MatMul", [q, w], ["q"]).Node("MatMul", [x, w], ["k"]).Node("MatMul", [x, w], ["v1"]);
        if (!unsorted)
        {
            Attend(graph, "q", "k", "v1");
            graph.Node("Cast", ["attended"], ["y"], ("to", 1));
        }
        return graph;
    }

    private static void Attend(TinyOnnx graph, string q, string k, string v) => graph
        .Node("Reshape", [q, "heads"], ["q_split"]).Node("Reshape", [k, "heads"], ["k_split"]).Node("Reshape", [v, "heads"], ["v_split"])
        .Node("Transpose", ["q_split"], ["q_heads"], ("perm", new[] { 0, 2, 1, 3 })).Node("Transpose", ["k_split"], ["k_heads"], ("perm", new[] { 0, 2, 3, 1 }))
        .Node("Transpose", ["v_split"], ["v_heads"], ("perm", new[] { 0, 2, 1, 3 })).Node("MatMul", ["q_heads", "k_heads"], ["scores"])
        .Node("Softmax", ["scores"], ["shares"], ("axis", -1)).Node("MatMul", ["shares", "v_heads"], ["mixed"])
        .Node("Transpose", ["mixed"], ["rows"], ("perm", new[] { 0, 2, 1, 3 })).Node("Reshape", ["rows", "joined"], ["attended"]);

    private static void Same(TinyOnnx graph) => Same(graph.ToBytes());

    private static void Same(byte[] bytes)
    {
        var expected = Run(bytes, Batch, Tokens);
        var found = Run(Cheaper(bytes), Batch, Tokens);
        Assert.Equal(expected.Shape, found.Shape);
        Assert.Equal(expected.Values, found.Values, EditedGraphs.Near);
    }

    private static byte[] Cheaper(byte[] bytes)
    {
        var files = GraphFiles.Files(bytes);
        return GraphFile.Write(GraphFile.Draft(files, OnnxGraphReader.Read(files, GraphFiles.Name), null, optimize: true), inlineExternalData: false);
    }

    private static (string Shape, float[] Values) Run(byte[] bytes, int batch, int tokens)
    {
        using var session = new InferenceSession(bytes);
        using var x = OrtValue.CreateTensorValueFromMemory(EditedGraphs.Values(batch * tokens * Width), [batch, tokens, Width]);
        using var run = new RunOptions();
        using var results = session.Run(run, ["x"], [x], ["y"]);
        return (string.Join(',', results[0].GetTensorTypeAndShape().Shape), results[0].GetTensorDataAsSpan<float>().ToArray());
    }
}
