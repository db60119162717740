using Microsoft.ML.OnnxRuntime;

namespace Microsoft.ML.Clip.Tests;

/// <summary>What is cut out of a graph runs by itself and computes the same.</summary>
public sealed class GraphFileTests
{
    // y = (x · w) + b, z = -u: two parts that share nothing.
    private static TinyOnnx TwoParts(string? externalData = null) => new TinyOnnx { ExternalDataName = externalData }
        .Input("x", TinyOnnx.Float, 1, 2)
        .Input("u", TinyOnnx.Float, 1, 3)
        .Weights("w", [1, 2, 3, 4], 2, 2)
        .Weights("b", [10, 20], 2)
        .Weights("unused", [1, 2, 3, 4, 5, 6, 7, 8], 2, 4)
        .Node("MatMul", ["x", "w"], ["h"])
        .Node("Add", ["h", "b"], ["y"])
        .Node("Neg", ["u"], ["z"])
        .Output("y", TinyOnnx.Float, 1, 2)
        .Output("z", TinyOnnx.Float, 1, 3);

    [Fact]
    public void Write_OneOutput_NeedsNothingOfTheOther()
    {
        byte[] bytes = TwoParts().ToBytes(), cut = Cut(GraphFiles.Files(bytes), "y");

        var graph = OnnxGraphReader.Read(GraphFiles.Files(cut), GraphFiles.Name);
        Assert.Equal(["x"], graph.Inputs.Select(i => i.Name));
        Assert.Equal(["y"], graph.Outputs.Select(o => o.Name));
        Assert.Equal(["b", "w"], graph.Initializers.Keys.Order());
        Assert.Equal([14f, 26f], Run(cut, "y", [1, 1]));
        Assert.True(cut.Length < bytes.Length);
    }

    [Fact]
    public void Write_ATensorInside_BecomesTheOutput() => Assert.Equal([4f, 6f], Run(Cut(GraphFiles.Files(TwoParts().ToBytes()), "h"), "h", [1, 1]));

    [Fact]
    public void Write_ExternalData_IsBroughtInside()
    {
        var onnx = TwoParts("weights.bin");
        var files = GraphFiles.Files(onnx.ToBytes(), ("onnx/weights.bin", onnx.ExternalData));

        Assert.Equal([14f, 26f], Run(Cut(files, "y"), "y", [1, 1]));
        Assert.Equal([14f, 26f], Run(GraphFile.Write(GraphFile.Draft(files, OnnxGraphReader.Read(files, GraphFiles.Name), null, optimize: false),
            inlineExternalData: true),
            "y", [1, 1], second: true));
    }

    [Theory]
    [InlineData(4, null)]
    [InlineData(5, "take 20 bytes of files that hold 8")]
    public void Write_ManyTensorsOfTheSameData_AreRefused(int tensors, string? expected)
    {
        string[] names = [.. Enumerable.Range(0, tensors).Select(i => $"c{i}")];
        var onnx = new TinyOnnx().Input("x", TinyOnnx.Float, 1, 2).Input("u", TinyOnnx.Float, 1, 3)
            .Node("Sum", ["x", .. names], ["y"]).Node("Neg", ["u"], ["z"])
            .Output("y", TinyOnnx.Float, 1, 2).Output("z", TinyOnnx.Float, 1, 3);
        foreach (string name in names)
        {
            onnx.Node("Constant", [], [name], ("value", External(name, offset: 4)));
        }
        var files = GraphFiles.Files(onnx.ToBytes(), ("onnx/weights.bin", new byte[8]));

        var error = Record.Exception(() => GraphFile.Write(GraphFile.Draft(files, OnnxGraphReader.Read(files, GraphFiles.Name), null, optimize: false),
            inlineExternalData: true));

        if (expected is null)
        {
            Assert.Null(error);
            return;
        }
        Assert.Contains(expected, Assert.IsType<InvalidDataException>(error).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Write_ExternalDataIsTooShort_NamesTheTensor()
    {
        var onnx = TwoParts("weights.bin");
        var files = GraphFiles.Files(onnx.ToBytes(), ("onnx/weights.bin", onnx.ExternalData[..10]));

        string message = Assert.Throws<InvalidDataException>(() => Cut(files, "y")).Message;

        Assert.Contains("The tensor 'w'", message, StringComparison.Ordinal);
        Assert.Contains("claims bytes 0 to 16", message, StringComparison.Ordinal);
        Assert.Contains("holds 10", message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("../weights.bin")]
    [InlineData("..\\weights.bin")]
    [InlineData("/etc/passwd")]
    [InlineData("C:\\weights.bin")]
    [InlineData("a/../../weights.bin")]
    [InlineData("")]
    public void Resolve_APlaceOutsideTheModel_IsRefused(string location)
    {
        var files = GraphFiles.Files(TwoParts().ToBytes(), ("weights.bin", []), ("onnx/weights.bin", []));
        var graph = OnnxGraphReader.Read(files, GraphFiles.Name);

        Assert.Contains("not a file beside it", Assert.Throws<InvalidDataException>(() => OnnxExternalData.Resolve(files, graph, location)).Message, StringComparison.Ordinal);
        Assert.Equal("onnx/weights.bin", OnnxExternalData.Resolve(files, graph, "./weights.bin"));
        Assert.Throws<FileNotFoundException>(() => OnnxExternalData.Resolve(files, graph, "others.bin"));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Write_ExternalDataOfAttributesAndInnerGraphs_IsBroughtInsideToo(bool cut)
    {
        // y = x + 2 where c is true: 2 is a constant within a branch, c and the other branch's are attributes; all but c lie in another file.
        var then = new TinyOnnx().Node("Constant", [], ["two"], ("value", External("two", offset: 4))).Node("Add", ["x", "two"], ["then"]).Output("then", TinyOnnx.Float, 1, 2);
        var otherwise = new TinyOnnx { ExternalDataName = "weights.bin" }.Weights("w", [0, 0], 1, 2).Node("Add", ["x", "w"], ["else"]).Output("else", TinyOnnx.Float, 1, 2);
        var onnx = new TinyOnnx().Input("x", TinyOnnx.Float, 1, 2).Input("u", TinyOnnx.Float, 1, 3)
            .Node("Constant", [], ["one"], ("value", External("one", offset: 0))).Node("Constant", [], ["zero"], ("value_float", 0f))
            .Node("Greater", ["one", "zero"], ["c"]).Node("If", ["c"], ["y"], ("then_branch", then), ("else_branch", otherwise)).Node("Neg", ["u"], ["z"])
            .Output("y", TinyOnnx.Float, 1, 2).Output("z", TinyOnnx.Float, 1, 3);
        var files = GraphFiles.Files(onnx.ToBytes(), ("onnx/weights.bin", [0, 0, 0x80, 0x3F, 0, 0, 0, 0x40]));

        byte[] written = GraphFile.Write(GraphFile.Draft(files, OnnxGraphReader.Read(files, GraphFiles.Name), cut ? "y" : null, optimize: false),
            inlineExternalData: true);

        Assert.Empty(OnnxGraphReader.Read(GraphFiles.Files(written), GraphFiles.Name).ExternalLocations);
        Assert.Equal([3f, 3f], Run(written, "y", [1, 1], second: !cut));
    }

    [Fact]
    public void Write_OtherNamesForExternalData_AreThoseOfAttributesToo()
    {
        var onnx = TwoParts("weights.bin").Node("Constant", [], ["one"], ("value", External("one", offset: 0)));
        var files = GraphFiles.Files(onnx.ToBytes(), ("onnx/weights.bin", onnx.ExternalData));
        var places = new Dictionary<string, string> { ["weights.bin"] = "blob" };

        byte[] written = GraphFile.Write(GraphFile.Draft(files, OnnxGraphReader.Read(files, GraphFiles.Name), null, optimize: false),
            inlineExternalData: false, places);

        Assert.Equal(["blob"], OnnxGraphReader.Read(GraphFiles.Files(written), GraphFiles.Name).ExternalLocations);
    }

    [Fact]
    public void Read_ExternalDataWithoutAName_IsRefused()
    {
        byte[] graph = new TinyOnnx().Node("Constant", [], ["y"], ("value", new ProtobufWriter().Int(2, TinyOnnx.Float).String(8, "lost")
            .Message(13, e => e.String(1, "offset").String(2, "0")).ToArray())).ToBytes();

        string message = Assert.Throws<InvalidDataException>(() => OnnxGraphReader.Read(GraphFiles.Files(graph), GraphFiles.Name)).Message;

        Assert.Contains("the tensor 'lost' has its data in another file, which it does not name", message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("offset", "-4")]
    [InlineData("offset", "9223372036854775808")]
    [InlineData("length", "four")]
    public void Write_ExternalDataAtNoNumber_IsRefused(string key, string value)
    {
        // Read as 0, or as the rest of the file, it would be other weights without a word.
        byte[] graph = new TinyOnnx().Node("Constant", [], ["y"], ("value", new ProtobufWriter().Int(2, TinyOnnx.Float).String(8, "odd")
            .Message(13, e => e.String(1, "location").String(2, "weights.bin")).Message(13, e => e.String(1, key).String(2, value)).ToArray())).ToBytes();

        string message = Assert.Throws<InvalidDataException>(() => Cut(GraphFiles.Files(graph, ("onnx/weights.bin", new byte[8])), "y")).Message;

        Assert.Contains($"The tensor 'odd'", message, StringComparison.Ordinal);
        Assert.Contains($"'{value}' for its '{key}'", message, StringComparison.Ordinal);
    }

    [Fact]
    public void RequireInputs_AnotherInput_IsNamed()
    {
        var graph = GraphFiles.Read(TwoParts());

        OnnxSubgraph.RequireInputs(graph, "y", ["x"]);
        Assert.Contains("u: float[1, 3]", Assert.Throws<InvalidDataException>(() => OnnxSubgraph.RequireInputs(graph, "z", ["x"])).Message, StringComparison.Ordinal);
    }

    /// <summary>A float in another file.</summary>
    private static byte[] External(string name, int offset) => new ProtobufWriter().Int(2, TinyOnnx.Float).String(8, name)
        .Message(13, e => e.String(1, "location").String(2, "weights.bin")).Message(13, e => e.String(1, "offset").String(2, $"{offset}"))
        .Message(13, e => e.String(1, "length").String(2, "4")).Int(14, 1).ToArray();

    private static byte[] Cut(ModelFiles files, string output) =>
        GraphFile.Write(GraphFile.Draft(files, OnnxGraphReader.Read(files, GraphFiles.Name), output, optimize: false), inlineExternalData: true);

    private static float[] Run(byte[] model, string output, float[] x, bool second = false)
    {
        using var session = new InferenceSession(model);
        using var run = new RunOptions();
        using var input = OrtValue.CreateTensorValueFromMemory(x, [1, 2]);
        using var other = OrtValue.CreateTensorValueFromMemory(new float[3], [1, 3]);
        using var results = session.Run(run, second ? ["x", "u"] : ["x"], second ? [input, other] : [input], [output]);
        return results[0].GetTensorDataAsSpan<float>().ToArray();
    }
}
