namespace Microsoft.ML.Clip;

/// <summary>What an operation of ONNX costs in multiply-adds.</summary>
internal static class OperationCost
{
    // They move values, or go through them one by one.
    private static readonly HashSet<string> OneByOne = new(
    [
        "Abs", "Add", "And", "ArgMax", "AveragePool", "BatchNormalization", "BiasGelu", "Cast", "CastLike", "Ceil", "Clip", "Concat", "Constant",
        "ConstantOfShape", "Cos", "DequantizeLinear", "Div", "Dropout", "DynamicQuantizeLinear", "Equal", "Erf", "Exp", "Expand", "FastGelu",
        "Flatten", "Floor", "Gather", "GatherElements", "GatherND", "Gelu", "GlobalAveragePool", "GlobalMaxPool", "Greater", "GreaterOrEqual",
        "GroupNormalization", "HardSigmoid", "HardSwish", "Identity", "If", "InstanceNormalization", "LayerNormalization", "LeakyRelu", "Less",
        "LessOrEqual", "Log", "LogSoftmax", "LpNormalization", "Max", "MaxPool", "Min", "Mod", "Mul", "Neg", "Not", "Or", "PRelu", "Pad", "Pow",
        "QuantizeLinear", "QuickGelu", "RMSNormalization", "Range", "Reciprocal", "ReduceL2", "ReduceMax", "ReduceMean", "ReduceMin", "ReduceProd",
        "ReduceSum", "ReduceSumSquare", "Relu", "Reshape", "Resize", "Round", "ScatterND", "Shape", "Sigmoid", "Sign",
        "SimplifiedLayerNormalization", "Sin", "Size", "SkipLayerNormalization", "SkipSimplifiedLayerNormalization", "Slice", "Softmax", "Softplus",
        "Split", "Sqrt", "Squeeze", "Sub", "Sum", "Tanh", "Tile", "Transpose", "Trilu", "Unsqueeze", "Where", "Xor",
    ], StringComparer.Ordinal);

    /// <summary>The cost; <see langword="null"/> of an operation that is not known.</summary>
    public static long? MultiplyAdds(ProfiledNode node)
    {
        var (inputs, output) = (node.Inputs, node.Outputs is [var first, ..] ? first : null);
        return (node.Operation, output) switch
        {
            (_, null) => OneByOne.Contains(node.Operation) ? 0 : null,
            // A product of matrices sums along the last axis of its first factor.
            ("MatMul" or "MatMulInteger" or "MatMulNBits" or "QLinearMatMul" or "MatMulIntegerToFloat" or "DynamicQuantizeMatMul", _) =>
                output.Count * inputs[0].Shape[^1],
            ("Gemm", _) => output.Count * (inputs[0].Count / output.Shape[0]),
            // Weights are [to, from, height, width] within a group: each value that comes out has summed over all of one row.
            ("Conv" or "ConvInteger" or "FusedConv", _) => output.Count * (inputs[1].Count / inputs[1].Shape[0]),
            ("QLinearConv", _) => output.Count * (inputs[3].Count / inputs[3].Shape[0]),
            // The other way: each value that goes in is spread over one row.
            ("ConvTranspose", _) => inputs[0].Count * (inputs[1].Count / inputs[1].Shape[0]),
            // Projections to queries, keys and values, scores, and what they select.
            ("Attention" or "QAttention", _) when inputs[0].Shape is [_, var length, _] =>
                (inputs[0].Count * inputs[1].Shape[^1]) + (2 * output.Count * length),
            ("MultiHeadAttention", _) when inputs is [{ Shape: [_, _, _] }, { Shape: [_, var keys, _] }, ..] => 2 * output.Count * keys,
            _ => OneByOne.Contains(node.Operation) ? 0 : null,
        };
    }
}
