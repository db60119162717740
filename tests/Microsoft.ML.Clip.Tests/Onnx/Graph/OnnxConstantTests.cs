using System.Buffers.Binary;
using Microsoft.ML.OnnxRuntime.Tensors;

namespace Microsoft.ML.Clip.Tests;

public sealed class OnnxConstantTests
{
    // Values of float32 that go through float64 arithmetic.
    private const int Digits = 5;

    [Theory]
    [InlineData("Exp", 7.38905609893065)]
    [InlineData("Neg", -2)]
    [InlineData("Reciprocal", 0.5)]
    [InlineData("Identity", 2)]
    [InlineData("Cast", 2)]
    [InlineData("Unsqueeze", 2)]
    public void Evaluate_OneArgument(string operation, double expected) =>
        Assert.Equal(expected, Evaluate(new TinyOnnx().Weights("t", [2]).Node(operation, ["t"], ["y"]))!.Value, Digits);

    [Theory]
    [InlineData("Mul", 6)]
    [InlineData("Div", 2.0 / 3)]
    [InlineData("Min", 2)]
    [InlineData("Max", 3)]
    public void Evaluate_TwoArguments(string operation, double expected) =>
        Assert.Equal(expected, Evaluate(new TinyOnnx().Weights("a", [2]).Weights("b", [3]).Node(operation, ["a", "b"], ["y"]))!.Value, Digits);

    [Fact]
    public void Evaluate_TheClampedTemperature_IsWhatTrainingUses()
    {
        // exp(min(t, ln 100)), as OpenAI's and open_clip's code has it.
        double Of(float t) => Evaluate(new TinyOnnx().Weights("t", [t]).Weights("most", [4.6052f]).Node("Clip", ["t", "", "most"], ["c"]).Node("Exp", ["c"], ["y"]))!.Value;

        Assert.Equal(100.0, Of(5), 2);
        Assert.Equal(Math.Exp(2.659f), Of(2.659f), 4);
    }

    [Fact]
    public void Evaluate_WhatDependsOnAnInput_IsNull()
    {
        Assert.Null(Evaluate(new TinyOnnx().Input("x", TinyOnnx.Float, 1).Weights("t", [2]).Node("Mul", ["x", "t"], ["y"])));
        Assert.Null(Evaluate(new TinyOnnx().Weights("t", [2, 3], 2).Node("Exp", ["t"], ["y"])));
        Assert.Null(Evaluate(new TinyOnnx().Weights("t", [2]).Node("Sin", ["t"], ["y"])));
        Assert.Null(Evaluate(new TinyOnnx().Weights("a", [2]).Weights("b", [3]).Weights("c", [1]).Node("Min", ["a", "b", "c"], ["y"])));
    }

    [Fact]
    public void Evaluate_AGraphThatGoesInCircles_Ends() =>
        Assert.Null(Evaluate(new TinyOnnx().Node("Neg", ["y"], ["z"]).Node("Neg", ["z"], ["y"])));

    [Fact]
    public void FromBytes_EveryType_IsReadLittleEndian()
    {
        byte[] eight = new byte[8];
        BinaryPrimitives.WriteDoubleLittleEndian(eight, 1.25);

        Assert.Equal(1.25, OnnxScalar.FromBytes(eight, TensorElementType.Double));
        Assert.Equal(1.5, OnnxScalar.FromBytes([0, 0, 0xC0, 0x3F], TensorElementType.Float));
        Assert.Equal(1.5, OnnxScalar.FromBytes([0, 0x3E], TensorElementType.Float16));
        Assert.Equal(1.5, OnnxScalar.FromBytes([0xC0, 0x3F], TensorElementType.BFloat16));
        Assert.Equal(-2.0, OnnxScalar.FromBytes([0xFE, 0xFF, 0xFF, 0xFF], TensorElementType.Int32));
        Assert.Equal(-2.0, OnnxScalar.FromBytes([0xFE, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF], TensorElementType.Int64));
        Assert.Null(OnnxScalar.FromBytes([0, 0x3E], TensorElementType.Float));
        Assert.Null(OnnxScalar.FromBytes([1], TensorElementType.Int8));
    }

    private static double? Evaluate(TinyOnnx onnx)
    {
        byte[] bytes = onnx.Output("y", TinyOnnx.Float, 1).ToBytes();
        var files = GraphFiles.Files(bytes);
        return OnnxConstant.Evaluate(files, OnnxGraphReader.Read(files, GraphFiles.Name), "y");
    }
}
