namespace Microsoft.ML.Clip.Tests;

/// <summary>What stands between convolutions in 8 bits, what is left in float, and the sources that weights come from.</summary>
public sealed class ByteNetworkTests
{
    private const int Channels = 32, Side = 8;

    private static readonly long[] Shape = [1, Channels, Side, Side];

    private static readonly float[] Input = EditedGraphs.Values(Channels * Side * Side, 11);

    public enum Kept
    {
        AsFloats,
        InAnotherFile,
        InOperations,
        AsHalves,
        AsBytesByOutput,
        AsBytesByOneScale,
        AsBytesAndMul,
    }

    public static TheoryData<Kept> Sources => [.. Enum.GetValues<Kept>()];

    /// <summary>A residual block with pooling before and behind: nothing is computed in float but what comes last.</summary>
    [Fact]
    public void ResidualBlock_IsComputedInBytes_ButForTheLastSum()
    {
        var graph = Weights(Start(), 4).Node("Conv", ["x", "w0"], ["c0"], Padded()).Node("Relu", ["c0"], ["r0"])
            // It passes over the largest value, and so would have another range of its own.
            .Node("MaxPool", ["r0"], ["p"], ("kernel_shape", new[] { 1, 1 }), ConvolutionRewriterTests.Strides(2, 2))
            .Node("Conv", ["p", "w1"], ["c1"], Padded()).Node("Relu", ["c1"], ["r1"]).Node("Conv", ["r1", "w2"], ["c2"], Padded())
            .Node("Add", ["c2", "p"], ["s"]).Node("Relu", ["s"], ["r2"])
            .Node("AveragePool", ["r2"], ["a"], ("kernel_shape", new[] { 2, 2 }), ConvolutionRewriterTests.Strides(2, 2))
            .Node("Conv", ["a", "w3"], ["c3"], Padded()).Node("Add", ["c3", "a"], ["s3"]).Node("Relu", ["s3"], ["r3"]).Node("GlobalAveragePool", ["r3"], ["y"]);

        byte[] bytes = Quantized(graph, ["r0", "r1", "c2", "c3"]);

        string[] operations = QuantizedGraphs.Optimized(bytes);
        Assert.Equal(4, operations.Count(o => o == "QLinearConv"));
        Assert.Contains("QLinearAdd", operations);
        Assert.DoesNotContain("Conv", operations);
        Assert.Single(operations, "QuantizeLinear");
        // The last sum is read in float alone.
        Assert.Single(operations, "Relu");
        Assert.Single(operations, "Add");
    }

    [Fact]
    public void LayersInFloat_AreAsTheyWere_AndSoIsWhatOnlyTheyRead()
    {
        var graph = Chain();
        var (bytes, layers) = QuantizedGraphs.Quantize(GraphFiles.Files(graph.ToBytes()), [Input], Shape, null, "r1");

        Assert.Equal(["r0", "r1", "y"], layers);
        var draft = QuantizedGraphs.Read(bytes);
        var left = draft.Producer("c1")!;
        Assert.Equal(["r0", "w1"], left.Inputs);
        Assert.Equal("Relu", draft.Producer("r1")!.Operation);
        AssertNear(graph.ToBytes(), bytes, 3e-4);
    }

    /// <summary>Who reads a tensor in float sees what it saw where a float operation made it, and what is rounded where it is made as bytes.</summary>
    [Fact]
    public void OtherReaders_AndOutputs_KeepTheirTensors()
    {
        var graph = Chain().Node("Abs", ["x"], ["before"]).Output("before", TinyOnnx.Float).Node("Neg", ["r0"], ["between"]).Output("between", TinyOnnx.Float)
            .Output("r1", TinyOnnx.Float);
        byte[] plain = graph.ToBytes();

        var (bytes, _) = QuantizedGraphs.Quantize(GraphFiles.Files(plain), [Input], Shape);

        Assert.Equal(Input.Select(MathF.Abs), QuantizedGraphs.Run(bytes, Input, Shape, "before"));
        foreach (string output in (string[])["between", "r1"])
        {
            AssertNear(plain, bytes, 3e-4, output);
        }
    }

    [Fact]
    public void SharedWeights_AreReadByEach()
    {
        var graph = Weights(Start(), 1).Node("Conv", ["x", "w0"], ["c0"], Padded()).Node("Relu", ["c0"], ["r0"]).Node("Conv", ["r0", "w0"], ["y"], Padded());

        Quantized(graph, ["r0", "y"]);
    }

    /// <summary>The rest of the graph is put in 8 bits all the same.</summary>
    [Fact]
    public void WeightsThatAreComputed_StayInFloat()
    {
        var graph = Weights(Start(), 2).Node("ReduceMean", ["x"], ["mean"], ("keepdims", 1)).Node("Mul", ["w0", "mean"], ["w"])
            .Node("Conv", ["x", "w"], ["c0"], Padded()).Node("Conv", ["c0", "w1"], ["y"], Padded());

        byte[] bytes = Quantized(graph, ["y"]);

        Assert.Equal(["x", "w"], QuantizedGraphs.Read(bytes).Producer("c0")!.Inputs);
    }

    [Theory]
    [InlineData(32), InlineData(4)]
    public void NarrowGroups_StayInFloat(int groups)
    {
        var graph = Weights(Start(), 1).Weights("narrow", EditedGraphs.Values(Channels * Channels / groups * 9, 4), Channels, Channels / groups, 3, 3)
            .Node("Conv", ["x", "narrow"], ["c0"], ("group", groups), ConvolutionRewriterTests.Pads(1, 1, 1, 1)).Node("Conv", ["c0", "w0"], ["y"], Padded());

        Quantized(graph, ["y"]);
    }

    /// <summary>What reads an image goes along with a network of convolutions, and stays in float before a transformer.</summary>
    [Theory]
    [InlineData(7, true, true), InlineData(7, false, false), InlineData(3, true, false)]
    public void ConvolutionOfTheImage_GoesAlongWithOthers(int kernel, bool hasOthers, bool expected)
    {
        const int Image = 16;
        long[] shape = [1, 3, Image, Image];
        float[] input = EditedGraphs.Values(3 * Image * Image, 3);
        var graph = new TinyOnnx().Input("x", TinyOnnx.Float, 1, 3, Image, Image).Output("y", TinyOnnx.Float)
            .Weights("w", [.. EditedGraphs.Values(Channels * 3 * kernel * kernel, 2).Select(v => v / 8)], Channels, 3, kernel, kernel)
            .Node("Conv", ["x", "w"], ["c0"]).Node("Relu", ["c0"], ["r0"]);
        graph = hasOthers ? Weights(graph, 1).Node("Conv", ["r0", "w0"], ["y"], Padded()) : graph.Node("Flatten", ["r0"], ["y"]);

        var (_, layers) = QuantizedGraphs.Quantize(GraphFiles.Files(graph.ToBytes()), [input], shape);

        Assert.Equal((expected, hasOthers), (layers.Contains("r0"), layers.Contains("y")));
    }

    [Theory]
    [InlineData(7), InlineData(9), InlineData(11), InlineData(13), InlineData(15), InlineData(18), InlineData(21)]
    public void SourcesOfAnyOperators_ArePutInBytes(int opset)
    {
        byte[] plain = Chain().ToBytes(opset);

        var (bytes, layers) = QuantizedGraphs.Quantize(GraphFiles.Files(plain), [Input], Shape);

        Assert.Equal(["r0", "r1", "y"], layers);
        Assert.Equal(Math.Max(opset, 13), QuantizedGraphs.Read(bytes).OperatorVersion());
        AssertNear(plain, bytes, 3e-4);
        Assert.Equal(3, QuantizedGraphs.Optimized(bytes).Count(o => o == "QLinearConv"));
    }

    /// <summary>Of operations that later versions write otherwise, the graph stays of its version, and its convolutions in float.</summary>
    [Fact]
    public void SourcesThatCannotBeOfLaterOperators_StayInFloat()
    {
        var graph = Weights(Start(), 2).Node("Conv", ["x", "w0"], ["c0"], Padded()).Node("Softmax", ["c0"], ["s"], ("axis", 1))
            .Node("Conv", ["s", "w1"], ["y"], Padded());

        var (bytes, layers) = QuantizedGraphs.Quantize(GraphFiles.Files(graph.ToBytes(11)), [Input], Shape);

        Assert.Empty(layers);
        Assert.Equal(11, QuantizedGraphs.Read(bytes).OperatorVersion());
        Assert.Equal(QuantizedGraphs.Run(graph.ToBytes(11), Input, Shape), QuantizedGraphs.Run(bytes, Input, Shape));
    }

    /// <summary>Files of the first versions list each constant as an input, too. New constants are none, and what can be fed is not folded.</summary>
    [Fact]
    public void SourcesThatListConstantsAsInputs_ListOnlyInputsThen()
    {
        var graph = Weights(Start(), 3, areInputs: true).Node("Conv", ["x", "w0"], ["c0"], Padded()).Node("Relu", ["c0"], ["r0"])
            .Node("Conv", ["r0", "w1"], ["c1"], Padded()).Node("Relu", ["c1"], ["r1"]).Node("Conv", ["r1", "w2"], ["y"], Padded());
        byte[] plain = graph.ToBytes(8, version: 3);

        var (bytes, layers) = QuantizedGraphs.Quantize(GraphFiles.Files(plain), [Input], Shape);

        Assert.Equal(3, layers.Length);
        AssertNear(plain, bytes, 3e-4);
        Assert.Equal(3, QuantizedGraphs.Optimized(bytes).Count(o => o == "QLinearConv"));
        using var session = new Microsoft.ML.OnnxRuntime.InferenceSession(bytes);
        Assert.Equal(["x"], session.InputNames);
        Assert.Empty(session.OverridableInitializerMetadata);
    }

    [Theory]
    [MemberData(nameof(Sources))]
    public void Weights_AreReadHoweverTheyAreKept(Kept kept)
    {
        const int Size = Channels * Channels * 9;
        float[] weights = [.. EditedGraphs.Values(Size, 4).Select(v => v / 32)];
        var graph = kept == Kept.InAnotherFile ? new TinyOnnx { ExternalDataName = "weights.bin" } : new TinyOnnx { HalfWeights = kept == Kept.AsHalves };
        graph.Input("x", TinyOnnx.Float, 1, Channels, Side, Side).Output("y", TinyOnnx.Float);
        sbyte[] bytes = [.. weights.Select(w => (sbyte)MathF.Round(w * 32 * 127))];
        switch (kept)
        {
            case Kept.AsHalves:
                graph.Weights("h", weights, Channels, Channels, 3, 3).Node("Cast", ["h"], ["w"], ("to", 1));
                break;
            case Kept.InOperations:
                graph.Node("Constant", [], ["k"], ("value", Message(weights))).Node("Identity", ["k"], ["w"]);
                break;
            case Kept.AsBytesByOutput:
                graph.SignedBytes("q", bytes, Channels, Channels, 3, 3).Weights("s", Scales(), Channels)
                    .SignedBytes("z", [.. Enumerable.Range(0, Channels).Select(n => (sbyte)(n % 3))], Channels)
                    .Node("DequantizeLinear", ["q", "s", "z"], ["w"], ("axis", 0));
                break;
            case Kept.AsBytesByOneScale:
                graph.SignedBytes("q", bytes, Channels, Channels, 3, 3).Weights("s", [0.001f]).Node("DequantizeLinear", ["q", "s"], ["w"]);
                break;
            case Kept.AsBytesAndMul:
                graph.SignedBytes("q", bytes, Channels, Channels, 3, 3).Weights("s", Scales(), Channels, 1, 1, 1)
                    .Node("Cast", ["q"], ["f"], ("to", 1)).Node("Mul", ["f", "s"], ["w"]);
                break;
            default:
                graph.Weights("w", weights, Channels, Channels, 3, 3);
                break;
        }
        graph.Node("Conv", ["x", "w"], ["y"], Padded());
        byte[] plain = graph.ToBytes();
        (string, byte[])[] others = kept == Kept.InAnotherFile ? [("onnx/weights.bin", graph.ExternalData)] : [];

        var (found, layers) = QuantizedGraphs.Quantize(GraphFiles.Files(plain, others), [Input], Shape);

        Assert.Equal(["y"], layers);
        // As they are in the file, not as another reader of these tests would have them.
        byte[] inside = kept == Kept.InAnotherFile ? new TinyOnnx().Input("x", TinyOnnx.Float, 1, Channels, Side, Side).Output("y", TinyOnnx.Float)
            .Weights("w", weights, Channels, Channels, 3, 3).Node("Conv", ["x", "w"], ["y"], Padded()).ToBytes() : plain;
        AssertNear(inside, found, 3e-4);
        Assert.Empty(OnnxGraphReader.Read(GraphFiles.Files(found), GraphFiles.Name).ExternalLocations);
    }

    [Fact]
    public void DynamicScales_LeaveConvolutionsInFloat()
    {
        var (bytes, layers) = QuantizedGraphs.Quantize(GraphFiles.Files(Chain().ToBytes()), [Input], Shape, QuantizedGraphs.Static with { IsDynamic = true });

        Assert.Empty(layers);
        Assert.Equal(QuantizedGraphs.Run(Chain().ToBytes(), Input, Shape), QuantizedGraphs.Run(bytes, Input, Shape));
    }

    [Fact]
    public void NoNumbers_AreAnError_ThatNamesTheTensor()
    {
        float[] broken = [.. Input.Select((v, i) => i == 77 ? float.NaN : v)];

        var error = Assert.Throws<InvalidDataException>(() => QuantizedGraphs.Quantize(GraphFiles.Files(Chain().ToBytes()), [Input, broken], Shape));

        Assert.Contains("'x'", error.Message, StringComparison.Ordinal);
    }

    /// <summary>ONNX Runtime refuses weights of convolutions on bytes from outside, however large: they are no references into the file.</summary>
    [Theory]
    [InlineData(true), InlineData(false)]
    public void WeightsOfConvolutionsInBytes_AreNotShared(bool isWrittenOut)
    {
        const int Wide = 96;
        using var folder = new TemporaryDirectory();
        sbyte[] bytes = [.. Enumerable.Range(0, Wide * Wide * 9).Select(i => (sbyte)((i % 255) - 127))];
        var graph = new TinyOnnx().Input("x", TinyOnnx.Float, 1, Wide, Side, Side).Output("y", TinyOnnx.Float).SignedBytes("q", bytes, Wide, Wide, 3, 3)
            .Weights("s", [0.01f]).SignedBytes("z", [0]).Node("QuantizeLinear", ["x", "s", "z"], ["x8"]);
        graph = isWrittenOut ? graph.Node("QLinearConv", ["x8", "s", "z", "q", "s", "z", "s", "z"], ["y8"]).Node("DequantizeLinear", ["y8", "s", "z"], ["y"])
            : graph.Node("DequantizeLinear", ["q", "s", "z"], ["w"]).Node("DequantizeLinear", ["x8", "s", "z"], ["xf"]).Node("Conv", ["xf", "w"], ["yf"])
                .Node("QuantizeLinear", ["yf", "s", "z"], ["y8"]).Node("DequantizeLinear", ["y8", "s", "z"], ["y"]);
        graph.Weights("other", new float[Wide * Wide * 9], Wide, Wide, 3, 3).Node("Conv", ["y", "other"], ["y2"]).Output("y2", TinyOnnx.Float);
        folder.Write("model.onnx", graph.ToBytes());
        var files = new DirectoryModelFiles(folder);
        var read = OnnxGraphReader.Read(files, "model.onnx");

        var places = WeightPlaces.Find(files, read);

        Assert.SkipWhen(places is null, "needs a platform that maps files");
        Assert.Null(places.Of(read.Initializers["q"]));
        Assert.NotNull(places.Of(read.Initializers["other"]));
        using var shared = new SharedWeights();
        using var options = new Microsoft.ML.OnnxRuntime.SessionOptions();
        options.AddSessionConfigEntry("session.model_external_initializers_file_folder_path", places.Folder);
        using var session = shared.Open(GraphFile.WritePlaced(new GraphDraft(files, read), places), options);
        Assert.Equal(["y", "y2"], session.OutputNames);
    }

    private static float[] Scales() => [.. Enumerable.Range(0, Channels).Select(n => 0.0002f * (1 + (n % 4)))];

    private static (string Name, object Value)[] Padded() => [ConvolutionRewriterTests.Pads(1, 1, 1, 1)];

    private static TinyOnnx Start() => new TinyOnnx().Input("x", TinyOnnx.Float, 1, Channels, Side, Side).Output("y", TinyOnnx.Float);

    private static TinyOnnx Weights(TinyOnnx graph, int count, bool areInputs = false)
    {
        for (int i = 0; i < count; i++)
        {
            graph.Weights($"w{i}", [.. EditedGraphs.Values(Channels * Channels * 9, 20 + i).Select(v => v / 12)], Channels, Channels, 3, 3);
            _ = areInputs ? graph.Input($"w{i}", TinyOnnx.Float, Channels, Channels, 3, 3) : graph;
        }
        return graph;
    }

    private static TinyOnnx Chain() => Weights(Start(), 3).Node("Conv", ["x", "w0"], ["c0"], Padded()).Node("Relu", ["c0"], ["r0"])
        .Node("Conv", ["r0", "w1"], ["c1"], Padded()).Node("Relu", ["c1"], ["r1"]).Node("Conv", ["r1", "w2"], ["y"], Padded());

    private static byte[] Quantized(TinyOnnx graph, string[] expected)
    {
        byte[] plain = graph.ToBytes();
        var (bytes, layers) = QuantizedGraphs.Quantize(GraphFiles.Files(plain), [Input], Shape);
        Assert.Equal(expected, layers);
        AssertNear(plain, bytes, 1e-3);
        return bytes;
    }

    // The energy of the error to that of the result: half a step of 255 in each of some layers.
    private static void AssertNear(byte[] plain, byte[] bytes, double most, string output = "y")
    {
        float[] exact = QuantizedGraphs.Run(plain, Input, Shape, output), found = QuantizedGraphs.Run(bytes, Input, Shape, output);
        Assert.Equal(exact.Length, found.Length);
        Assert.InRange(exact.Zip(found, (a, b) => Math.Pow(a - b, 2)).Sum() / exact.Sum(a => Math.Pow(a, 2)), 1e-12, most);
    }

    private static byte[] Message(float[] weights)
    {
        var tensor = new ProtobufWriter().Int(1, Channels).Int(1, Channels).Int(1, 3).Int(1, 3).Int(2, TinyOnnx.Float);
        return tensor.Bytes(9, System.Runtime.InteropServices.MemoryMarshal.AsBytes(weights.AsSpan())).ToArray();
    }
}
