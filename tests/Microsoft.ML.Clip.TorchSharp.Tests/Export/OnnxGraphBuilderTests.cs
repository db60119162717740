using Google.Protobuf;
using static Microsoft.ML.Model.OnnxConverter.OnnxCSharpToProtoWrapper;
using static Microsoft.ML.Model.OnnxConverter.OnnxCSharpToProtoWrapper.TensorProto.Types;

namespace Microsoft.ML.Clip.Tests;

public sealed class OnnxGraphBuilderTests : IDisposable
{
    private readonly OnnxGraphBuilder _graph = new("test") { Scope = "part" };
    private readonly TemporaryDirectory _directory = new();

    [Fact]
    public void Build_OfAGraph_RunsAndKeepsItsMetadata()
    {
        string x = _graph.Input("x", DataType.Float, "n", 2);
        string sum = _graph.Node("Add", [x, _graph.Number(3)]);
        _graph.Output("y", _graph.Node("Mul", [sum, sum]), "n", 2);

        var model = Built();

        Assert.Equal("value", model.MetadataProps.Single(p => p.Key == "key").Value);
        string file = _directory.Write("model.onnx", model.ToByteArray());
        using var run = new OnnxRun(file);
        Assert.Equal([16, 25, 9, 4], run.Run([1f, 2, 0, -1], [2, 2], "y")[0]);
    }

    [Fact]
    public void Node_OfEqualOperators_GetsNamesOfItsOwn()
    {
        string[] names = [_graph.Node("Relu", ["x"]), _graph.Node("Relu", ["x"]), .. _graph.Nodes("Split", 2, ["x"]), _graph.Integers(1, 2), _graph.Integers(1, 2)];

        Assert.Equal(names.Length, names.Distinct(StringComparer.Ordinal).Count());
        Assert.StartsWith("part/Relu", names[0], StringComparison.Ordinal);
    }

    [Fact]
    public void Output_OfATensorThatGoesOn_IsUsedUnderItsNewName()
    {
        string features = _graph.Node("Relu", [_graph.Input("x", DataType.Float, 2)]);
        string joint = _graph.Node("Neg", [features]);
        _graph.Output("features", features, 2);
        _graph.Output("joint", joint, 2);

        var graph = Built().Graph;

        Assert.Equal(["features", "joint"], graph.Output.Select(o => o.Name));
        Assert.Equal(["features"], graph.Node[0].Output);
        Assert.Equal(["features"], graph.Node[1].Input);
        Assert.Equal(["joint"], graph.Node[1].Output);
    }

    [Fact]
    public void Input_OfANameThatIsThere_IsRefused()
    {
        _graph.Input("x", DataType.Float, 2);

        Assert.Contains("'x' is there already", Assert.Throws<ArgumentException>(() => _graph.Input("x", DataType.Float, 2)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Output_OfANameThatIsThere_IsRefused()
    {
        string x = _graph.Input("x", DataType.Float, 2);
        _graph.Output("y", _graph.Node("Relu", [x]), 2);
        string other = _graph.Node("Neg", [x]);

        Assert.Contains("'y' is there already", Assert.Throws<ArgumentException>(() => _graph.Output("y", other, 2)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Output_OfATensorThatNoNodeGives_IsRefused() =>
        Assert.Contains("no node gives 'z'", Assert.Throws<ArgumentException>(() => _graph.Output("y", "z", 2)).Message, StringComparison.Ordinal);

    [Fact]
    public void Node_WithAnAttributeOfAnotherType_NamesTheType() =>
        Assert.Contains("System.Int32", Assert.Throws<ArgumentException>(() => _graph.Node("Concat", ["x"], ("axis", 1))).Message, StringComparison.Ordinal);

    public void Dispose() => _directory.Dispose();

    private ModelProto Built() => ModelProto.Parser.ParseFrom(_graph.Build([new("key", "value")]).ToByteArray());
}
