namespace Microsoft.ML.Clip.Tests;

/// <summary>x · W, whichever operator an exporter or a quantiser chose for it.</summary>
public sealed class LinearMapTests
{
    private static readonly float[] Weights = new float[6];

    private static TinyOnnx Onnx(params int[] dimensions) => new TinyOnnx().Input("x", TinyOnnx.Float, "batch", 3).Weights("w", Weights, dimensions);

    [Fact]
    public void Find_MatMul_IsTheMap() => Assert.Equal(new LinearMap("x", 3, 2, HasBias: false), Find(Onnx(3, 2).Node("MatMul", ["x", "w"], ["y"])));

    [Fact]
    public void Find_TransposedWeights_AreTurned()
    {
        var expected = new LinearMap("x", 3, 2, HasBias: false);

        Assert.Equal(expected, Find(Onnx(2, 3).Node("Gemm", ["x", "w"], ["y"], ("transB", 1))));
        Assert.Equal(expected, Find(Onnx(2, 3).Node("FusedMatMul", ["x", "w"], ["y"], ("transB", 1))));
        Assert.Equal(expected, Find(Onnx(2, 3).Node("Transpose", ["w"], ["t"]).Node("MatMul", ["x", "t"], ["y"])));
        Assert.Equal(expected, Find(Onnx(3, 2).Node("Cast", ["w"], ["c"]).Node("Identity", ["c"], ["i"]).Node("MatMul", ["x", "i"], ["y"])));
    }

    [Fact]
    public void Find_ABias_IsSeen()
    {
        Assert.True(Find(Onnx(3, 2).Weights("b", [1, 2], 2).Node("Gemm", ["x", "w", "b"], ["y"]))!.HasBias);
        Assert.False(Find(Onnx(3, 2).Node("Gemm", ["x", "w", ""], ["y"]))!.HasBias);
        Assert.True(Find(Onnx(3, 2).Weights("b", [1, 2], 2).Node("MatMul", ["x", "w"], ["p"]).Node("Add", ["b", "p"], ["y"]))!.HasBias);
    }

    [Fact]
    public void Find_EightBits_FindsTheFloatingPointInput()
    {
        var quantized = Onnx(3, 2).Node("DynamicQuantizeLinear", ["x"], ["q", "s", "z"]);

        Assert.Equal(new LinearMap("x", 3, 2, HasBias: false),
            Find(quantized.Node("MatMulInteger", ["q", "w", "z"], ["i"]).Node("Cast", ["i"], ["c"]).Node("Mul", ["s", "c"], ["y"])));
        Assert.Equal(new LinearMap("x", 3, 2, HasBias: false), Find(Onnx(3, 2).Node("DynamicQuantizeMatMul", ["x", "w", "s", "z"], ["y"])));
        Assert.Equal(new LinearMap("x", 7, 5, HasBias: false), Find(Onnx(3, 2).Node("MatMulNBits", ["x", "w", "s"], ["y"], ("K", 7), ("N", 5))));
    }

    [Fact]
    public void Find_AnythingElse_IsNull()
    {
        Assert.Null(Find(Onnx(3, 2).Node("Relu", ["x"], ["y"])));
        Assert.Null(Find(Onnx(6).Node("MatMul", ["x", "w"], ["y"])));
        Assert.Null(Find(Onnx(3, 2).Input("v", TinyOnnx.Float, 3, 2).Node("MatMul", ["x", "v"], ["y"])));
        Assert.Null(Find(Onnx(3, 2).Node("Mul", ["x", "w"], ["y"])));
    }

    [Fact]
    public void Find_SizesThatNoArrayHas_AreUnknown()
    {
        var tensor = new ProtobufWriter().Int(1, 1L << 33).Int(1, 2).Int(2, TinyOnnx.Float).String(8, "w");
        var product = new ProtobufWriter().String(1, "x").String(1, "w").String(2, "y").String(4, "MatMul");
        var graph = new ProtobufWriter().Bytes(1, product.ToArray()).Bytes(5, tensor.ToArray());
        var files = GraphFiles.Files(new ProtobufWriter().Bytes(7, graph.ToArray()).ToArray());

        Assert.Null(LinearMap.Find(OnnxGraphReader.Read(files, GraphFiles.Name), "y"));
        Assert.All((object[])[-1, 0, float.NaN, 1e30f], size => Assert.Equal(new LinearMap("x", null, 5, HasBias: false),
            Find(Onnx(3, 2).Node("MatMulNBits", ["x", "w", "s"], ["y"], ("K", size), ("N", 5)))));
    }

    private static LinearMap? Find(TinyOnnx onnx) => LinearMap.Find(GraphFiles.Read(onnx), "y");
}
