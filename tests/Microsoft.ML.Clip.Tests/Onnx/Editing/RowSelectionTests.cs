using Microsoft.ML.OnnxRuntime;

namespace Microsoft.ML.Clip.Tests;

/// <summary>The one token that is read is taken before the work and not behind it, and nothing else of a graph changes.</summary>
public sealed class RowSelectionTests
{
    private const int Batch = 3, Tokens = 5, Width = 4;

    public enum Selection
    {
        Number,
        List,
        Last,
        ByToken,
        ByTokenInBatch,
    }

    public static TheoryData<Selection, bool> Blocks => [.. Enum.GetValues<Selection>().SelectMany(s => new[] { (s, false), (s, true) })];

    [Theory]
    [MemberData(nameof(Blocks))]
    public void Move_ABlocksRest_ComputesTheSameOfOneToken(Selection selection, bool decomposedNorm)
    {
        byte[] bytes = Block(selection, decomposedNorm).ToBytes();

        var draft = Moved(bytes, expected: true);

        Assert.DoesNotContain(draft.Nodes, n => n.Is("MatMul") && !n.Outputs[0].EndsWith("_token", StringComparison.Ordinal) && n.Outputs[0] is not ("scores" or "mixed"));
        Assert.Equal(Run(bytes), Run(EditedGraphs.Bytes(draft)), EditedGraphs.Near);
    }

    [Fact]
    public void Move_BehindAClassTokenThatIsExpanded_ComputesTheSame()
    {
        // As exports put the class token in front of the patches: how many axes the Expand has does not stand in the graph.
        byte[] bytes = new TinyOnnx().Input("x", TinyOnnx.Float, Batch, Tokens, Width).Output("y", TinyOnnx.Float)
            .Weights("w", EditedGraphs.Values(Width * Width), Width, Width).Weights("class", EditedGraphs.Values(Width), 1, 1, Width).Integers("class_shape",
                [Batch, 1, 1], 3).Integers("zero", [0])
            .Node("Expand", ["class", "class_shape"], ["class_tokens"]).Node("Concat", ["class_tokens", "x"], ["tokens"], ("axis", 1))
            .Node("MatMul", ["tokens", "w"], ["a"]).Node("Gather", ["a", "zero"], ["y"], ("axis", 1)).ToBytes();

        Assert.Equal(Run(bytes), Run(EditedGraphs.Bytes(Moved(bytes, expected: true))), EditedGraphs.Near);
    }

    [Fact]
    public void Move_WhatIsGivenOutToo_Stays() =>
        Moved(Block(Selection.Number).Output("out", TinyOnnx.Float, Batch, Tokens, Width).ToBytes(), expected: false);

    [Fact]
    public void Move_WhatAnotherReads_Stays() => Moved(Block(Selection.Number)
        .Node("ReduceMax", ["out"], ["most"], ("keepdims", 0)).Output("most", TinyOnnx.Float).ToBytes(), expected: false);

    [Theory]
    [InlineData("a matrix that is computed")]
    [InlineData("a constant for each token")]
    [InlineData("a mean over tokens")]
    [InlineData("an unknown operation")]
    [InlineData("an unknown shape")]
    [InlineData("a selection along the width")]
    [InlineData("several tokens")]
    [InlineData("one row for all tokens")]
    public void Move_PastWhatMixesTokens_EndsThere(string what)
    {
        var graph = new TinyOnnx().Input("x", TinyOnnx.Float, what == "an unknown shape" ? [] : [Batch, Tokens, Width]).Output("y", TinyOnnx.Float)
            .Weights("w", EditedGraphs.Values(Width * Width), Width, Width).Weights("positions", EditedGraphs.Values(Tokens * Width), Tokens, Width).Weights("two", [2f])
            .Integers("zero", [0]).Integers("both", [0, 1], 2)
            .Node("MatMul", ["x", "w"], ["a"]);
        graph = what switch
        {
            "a matrix that is computed" => graph.Node("Mul", ["w", "two"], ["w2"]).Node("MatMul", ["a", "w2"], ["b"]),
            "a constant for each token" => graph.Node("Add", ["a", "positions"], ["b"]),
            "a mean over tokens" => graph.Node("ReduceMean", ["a"], ["m"], ("axes", new[] { 1 }), ("keepdims", 1)).Node("Sub", ["a", "m"], ["b"]),
            "one row for all tokens" => graph.Integers("first", [0], 1).Node("Gather", ["x", "first"], ["row"], ("axis", 1)).Node("Add", ["a", "row"], ["b"]),
            "an unknown operation" => graph.Node("CumSum", ["a", "one"], ["b"]).Integers("one", [1]),
            _ => graph.Node("Identity", ["a"], ["b"]),
        };
        graph = what switch
        {
            "a selection along the width" => graph.Node("Gather", ["b", "zero"], ["y"], ("axis", 2)),
            "several tokens" => graph.Node("Gather", ["b", "both"], ["y"], ("axis", 1)),
            _ => graph.Node("Gather", ["b", "zero"], ["y"], ("axis", 1)),
        };

        Moved(graph.ToBytes(), expected: false);
    }

    [Theory]
    [InlineData("tiny-vit")]
    [InlineData("tiny-vit-immich")]
    [InlineData("tiny-rn")]
    public void Embeddings_OfARealExport_AreThoseOfTheGraphAsItStands(string name)
    {
        string directory = SharedFolder.Require($"fixtures/models/{name}");
        using ClipModel optimized = ClipModel.Load(directory), plain = ClipModel.Load(directory, new() { OptimizeGraph = false });
        string[] texts = ["a photo of a cat", "a", "two dogs on a beach, one of them asleep"];
        float[] pixels = [.. Enumerable.Range(0, 2 * 3 * plain.ImageSize * plain.ImageSize).Select(i => MathF.Sin(i))];

        Assert.Equal(plain.EncodeTexts(texts).SelectMany(t => t), optimized.EncodeTexts(texts).SelectMany(t => t), EditedGraphs.Near);
        foreach (var features in plain.HasImageEncoder && name == "tiny-vit" ? new[] { ClipFeatures.JointEmbedding, ClipFeatures.Encoder }
            : [ClipFeatures.JointEmbedding])
        {
            Assert.Equal(Pixels(plain, pixels, features), Pixels(optimized, pixels, features), EditedGraphs.Near);
        }
    }

    [Theory]
    [InlineData("tiny-vit/onnx/vision_model.onnx")]
    [InlineData("tiny-vit-immich/visual/model.onnx")]
    public void Draft_OfPyTorchsExport_LeavesWorkOut(string name)
    {
        string path = SharedFolder.Require($"fixtures/models/{name}");
        var files = new DirectoryModelFiles(Path.GetDirectoryName(path)!);

        var draft = GraphFile.Draft(files, OnnxGraphReader.Read(files, Path.GetFileName(path)), output: null, optimize: true);

        Assert.Equal(2, draft.Nodes.Count(n => n.Operation == "MultiHeadAttention"));
        Assert.DoesNotContain(draft.Nodes, n => n.Is("Softmax"));
        // Query, projection and MLP of the last block.
        Assert.Equal(4, draft.Nodes.Count(n => n.Is("Gemm") && n.Input(0).Contains("_token", StringComparison.Ordinal)));
    }

    /// <summary>Text towers that TorchScript's exporter wrote: the tokens of all texts as rows of one matrix, and x asked for its shape.</summary>
    [Theory]
    [InlineData("tiny-vit/onnx/text_model.onnx", "text_embeds", 2, 9)]
    [InlineData("tiny-vit-immich/textual/model.onnx", "text_embedding", 2, 77)]
    [InlineData("tiny-rn-immich/textual/model.onnx", "text_embedding", 1, 77)]
    public void Draft_OfPyTorchsTextTower_TakesTheTokenEarly_AndComputesTheSame(string name, string output, int rows, int length)
    {
        string path = SharedFolder.Require($"fixtures/models/{name}");
        var files = new DirectoryModelFiles(Path.GetDirectoryName(path)!);
        var graph = OnnxGraphReader.Read(files, Path.GetFileName(path));

        var draft = GraphFile.Draft(files, graph, output: null, optimize: true);

        // Projection of attention and MLP of the last block.
        Assert.Equal(3, draft.Nodes.Count(n => (n.Is("Gemm") || n.Is("MatMul")) && n.Input(0).Contains("_token", StringComparison.Ordinal)));
        Assert.Single(draft.Outputs);
        long[] ids = [.. Enumerable.Range(0, rows * length).Select(i => i % length == 0 ? 1L : i % length < 4 + i / length ? 2L + i % 5 : 0L)];
        for (int row = 0; row < rows; row++)
        {
            ids[row * length + 4 + row] = 9;
        }
        byte[] changed = GraphFile.Write(draft, inlineExternalData: true);
        Assert.Equal(Texts(File.ReadAllBytes(path)), Texts(changed), EditedGraphs.Near);

        float[] Texts(byte[] bytes)
        {
            using var session = new InferenceSession(bytes);
            string input = session.InputNames[0];
            using var value = session.InputMetadata[input].ElementDataType == OnnxRuntime.Tensors.TensorElementType.Int32
                ? OrtValue.CreateTensorValueFromMemory(ids.Select(i => (int)i).ToArray(), [rows, length])
                    : OrtValue.CreateTensorValueFromMemory(ids, [rows, length]);
            using var run = new RunOptions();
            using var results = session.Run(run, [input], [value], [output]);
            return results[0].GetTensorDataAsSpan<float>().ToArray();
        }
    }

    [Theory]
    [InlineData("a form that it knows", true)]
    [InlineData("the width where it is not known yet", false)]
    [InlineData("the whole shape", false)]
    [InlineData("another reader of the rows", false)]
    [InlineData("another axis", false)]
    [InlineData("places of two axes", false)]
    public void Move_RowsOfAllTexts_MovesOnlyWhereNobodyElseReads(string what, bool expected)
    {
        int rank = what == "places of two axes" ? 2 : 1;
        var graph = new TinyOnnx().Input("x", TinyOnnx.Float, Batch, Tokens, Width).Output("y", TinyOnnx.Float)
            .Weights("w", EditedGraphs.Values(Width * Width), Width, Width).Integers("rows", what == "another axis" ? [2, 0, 1] : [2, 5, 14], rank == 1 ? [3]
                : [3, 1]).Integers("two", [2]).Integers("minus", [-1], 1)
            .Integers("two_list", [2], 1)
            .Node("Transpose", ["x"], ["turned"], ("perm", new[] { 0, 2, 1 })).Node("MatMul", ["x", "turned"], ["scores"]).Node("MatMul", ["scores", "x"], ["mixed"])
            .Node("MatMul", ["mixed", "w"], ["a"]).Node("Shape", ["a"], ["shape"]).Node("Gather", ["shape", "two_list"], ["width"], ("axis", 0));
        if (what == "the width where it is not known yet")
        {
            graph.Node("Concat", ["minus", "width"], ["early"], ("axis", 0));
        }
        graph.Node("Flatten", ["a"], ["flat"], ("axis", what == "another axis" ? 1 : 2)).Node("Gather", ["flat", "rows"], ["taken"], ("axis", 0));
        graph = what switch
        {
            "the width where it is not known yet" => graph.Node("Reshape", ["taken", "early"], ["y"]),
            "the whole shape" => graph.Node("Cast", ["shape"], ["floats"], ("to", 1)).Output("floats", TinyOnnx.Float).Node("Identity", ["taken"], ["y"]),
            "another reader of the rows" => graph.Node("Identity", ["taken"], ["y"]).Node("ReduceMax", ["flat"], ["most"], ("keepdims", 0)).Output("most", TinyOnnx.Float),
            "another axis" or "places of two axes" => graph.Node("Identity", ["taken"], ["y"]),
            _ => graph.Node("Concat", ["minus", "width"], ["late"], ("axis", 0)).Node("Reshape", ["taken", "late"], ["y"]),
        };
        byte[] bytes = graph.ToBytes();

        var draft = Moved(bytes, expected);

        Assert.Equal(Run(bytes), Run(EditedGraphs.Bytes(draft)), EditedGraphs.Near);
    }

    [Fact]
    public void Message_SaysWhatWasChanged()
    {
        string directory = SharedFolder.Require("fixtures/models/tiny-vit");

        Assert.Contains(" OptimizeGraph changed the graph: attention without a mask is one operation; behind the last attention only the token that is read is computed; ",
            Said(directory, new()), StringComparison.Ordinal);
        Assert.DoesNotContain("OptimizeGraph", Said(directory, new() { OptimizeGraph = false }), StringComparison.Ordinal);

        static string Said(string directory, ClipModelOptions options)
        {
            using var clip = ClipModel.Load(directory, options);
            string said = "";
            clip.Message += (_, message) => said += message.Text;
            clip.WarmUp(texts: false);
            Assert.Contains(" runs on ", said, StringComparison.Ordinal);
            return said;
        }
    }

    private static float[] Pixels(ClipModel model, float[] pixels, ClipFeatures features)
    {
        int width = model.ImageFeatureDimension(features);
        float[] result = new float[2 * width];
        model.EncodePixels(new(pixels, pixels.Length / 2), features, normalize: true, new(result, width));
        return result;
    }

    /// <summary>What follows attention in a block: projection, residual, norm, MLP with QuickGELU, residual; then the selection and a norm.</summary>
    private static TinyOnnx Block(Selection selection, bool decomposedNorm = false)
    {
        var graph = new TinyOnnx().Input("x", TinyOnnx.Float, Batch, Tokens, Width).Input("ids", TinyOnnx.Int64, Batch, Tokens).Output("y", TinyOnnx.Float)
            .Weights("w0", EditedGraphs.Values(Width * Width), Width, Width).Weights("w1", EditedGraphs.Values(Width * 2 * Width), Width, 2 * Width).Weights("w2",
                EditedGraphs.Values(2 * Width * Width), 2 * Width, Width)
            .Weights("b1", EditedGraphs.Values(2 * Width), 2 * Width).Weights("b2", EditedGraphs.Values(Width), 1, 1, Width).Weights("gain",
                EditedGraphs.Values(Width), Width).Weights("bias",
                EditedGraphs.Values(Width), Width)
            .Weights("quick", [1.702f]).Weights("epsilon", [1e-5f]).Weights("square", [2f])
            .Integers("shape", [0, -1, Width], 3).Integers("number", [0]).Integers("list", [2], 1).Integers("last", [-1]);
        // Something that mixes tokens: x xᵀ x.
        graph.Node("Transpose", ["x"], ["turned"], ("perm", new[] { 0, 2, 1 })).Node("MatMul", ["x", "turned"], ["scores"]).Node("MatMul", ["scores", "x"], ["mixed"])
            .Node("Reshape", ["mixed", "shape"], ["joined"])
            .Node("MatMul", ["joined", "w0"], ["projected"]).Node("Add", ["x", "projected"], ["middle"]);
        if (decomposedNorm)
        {
            graph.Node("ReduceMean", ["middle"], ["mean"], ("axes", new[] { -1 })).Node("Sub", ["middle", "mean"], ["centred"]).Node("Pow", ["centred", "square"], ["squares"])
                .Node("ReduceMean", ["squares"], ["variance"], ("axes", new[] { -1 })).Node("Add", ["variance", "epsilon"], ["variance_more"]).Node("Sqrt", ["variance_more"], ["deviation"])
                .Node("Div", ["centred", "deviation"], ["standard"]).Node("Mul", ["standard", "gain"], ["gained"]).Node("Add", ["gained", "bias"], ["normed"]);
        }
        else
        {
            graph.Node("LayerNormalization", ["middle", "gain", "bias"], ["normed"], ("axis", -1), ("epsilon", 1e-5f));
        }
        graph.Node("MatMul", ["normed", "w1"], ["up_product"]).Node("Add", ["b1", "up_product"], ["up"])
            .Node("Mul", ["up", "quick"], ["scaled"]).Node("Sigmoid", ["scaled"], ["gate"]).Node("Mul", ["up", "gate"], ["gelu"])
            .Node("MatMul", ["gelu", "w2"], ["down_product"]).Node("Add", ["down_product", "b2"], ["down"]).Node("Add", ["middle", "down"], ["out"]);
        return selection switch
        {
            Selection.Number => graph.Node("Gather", ["out", "number"], ["y"], ("axis", 1)),
            Selection.Last => graph.Node("Gather", ["out", "last"], ["y"], ("axis", 1)),
            Selection.List => graph.Node("Gather", ["out", "list"], ["y"], ("axis", 1)),
            Selection.ByTokenInBatch => graph.Node("ArgMax", ["ids"], ["places"], ("axis", 1), ("keepdims", 1)).Node("GatherND", ["out", "places"], ["y"], ("batch_dims", 1)),
            _ => graph.Node("ArgMax", ["ids"], ["places"], ("axis", 1), ("keepdims", 1)).Integers("rows", [0, 1, 2], Batch, 1)
                .Node("Concat", ["rows", "places"], ["pairs"], ("axis", 1)).Node("GatherND", ["out", "pairs"], ["y"]),
        };
    }

    private static GraphDraft Moved(byte[] bytes, bool expected) => EditedGraphs.Changed(bytes, RowSelection.Move, expected);

    private static float[] Run(byte[] bytes) => EditedGraphs.Run(bytes, "y",
        ("x", () => OrtValue.CreateTensorValueFromMemory(EditedGraphs.Values(Batch * Tokens * Width), [Batch, Tokens, Width])),
        ("ids", () => OrtValue.CreateTensorValueFromMemory([.. Enumerable.Range(0, Batch * Tokens).Select(i => (long)(i * 7 % 11))], [Batch, Tokens])));
}
