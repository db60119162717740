using Microsoft.ML.OnnxRuntime;

namespace Microsoft.ML.Clip.Tests;

/// <summary>What is cut out of a graph runs by itself and computes the same.</summary>
public sealed class OnnxSubgraphTests
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
        Assert.Equal([14f, 26f], Run(OnnxSubgraph.Write(files, OnnxGraphReader.Read(files, GraphFiles.Name), output: null, inlineExternalData: true),
            "y", [1, 1], second: true));
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

    [Fact]
    public void RequireInputs_AnotherInput_IsNamed()
    {
        var graph = GraphFiles.Read(TwoParts());

        OnnxSubgraph.RequireInputs(graph, "y", ["x"]);
        Assert.Contains("u: float[1, 3]", Assert.Throws<InvalidDataException>(() => OnnxSubgraph.RequireInputs(graph, "z", ["x"])).Message, StringComparison.Ordinal);
    }

    private static byte[] Cut(ModelFiles files, string output) =>
        OnnxSubgraph.Write(files, OnnxGraphReader.Read(files, GraphFiles.Name), output, inlineExternalData: true);

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
