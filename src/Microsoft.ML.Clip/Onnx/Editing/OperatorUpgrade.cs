namespace Microsoft.ML.Clip;

/// <summary>
/// Moves a graph of an early version of ONNX's operators to one that whatever is added may be of: 8 bits need version 11. Only where all its operations
/// mean the same in both, and are written alike; other graphs stay as they are.
/// </summary>
internal static class OperatorUpgrade
{
    /// <summary>The version that graphs are moved to: the last before much was written otherwise.</summary>
    public const long Version = 13;

    // What these have gained since version 7 has defaults that leave what there was.
    private static readonly HashSet<string> Same = new(StringComparer.Ordinal)
    {
        "Abs", "Add", "AveragePool", "Cast", "Concat", "Constant", "Conv", "Div", "Equal", "Erf", "Exp", "Expand", "Flatten", "Gather", "Gemm", "GlobalAveragePool", "GlobalMaxPool", "Identity",
        "LeakyRelu", "LpNormalization", "MatMul", "MaxPool", "Mul", "Neg", "Not", "Pow", "Relu", "Reshape", "Shape", "Sigmoid", "Sqrt", "Sub", "Sum", "Tanh", "Transpose",
    };

    /// <summary>Moves the graph, if that can be done.</summary>
    public static void Apply(GraphDraft draft)
    {
        if (draft.OperatorVersion() is not { } version || version >= Version || !draft.Nodes.All(IsSame))
        {
            return;
        }
        foreach (var node in draft.Nodes.Where(n => n.Is("BatchNormalization")).ToList())
        {
            // 'spatial' and 'momentum' are gone by then.
            draft.Replace(node, new DraftNode("BatchNormalization", node.Inputs, node.Outputs.Take(1), "",
                [DraftAttribute.Of("epsilon", (float)(node.Number("epsilon") ?? 1e-5))]));
        }
        draft.RaiseOperators(Version);
    }

    private static bool IsSame(DraftNode node) => node.Domain is "" or "ai.onnx" && node.Original?.Captured is not { Count: > 0 }
        && (Same.Contains(node.Operation) || (node.Operation == "BatchNormalization" && node.Number("spatial") is null or 1 && node.Outputs.Skip(1).All(o => o.Length == 0)));
}
