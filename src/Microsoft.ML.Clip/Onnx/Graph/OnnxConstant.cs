namespace Microsoft.ML.Clip;

/// <summary>Evaluates the few operations that stand between a stored number and its use.</summary>
internal static class OnnxConstant
{
    // Real graphs have one to three such operations. A limit also ends the walk in a graph that is made to go in circles.
    private const int MaximumSteps = 8;

    /// <summary>The value of a tensor of one element that depends on no input; null for anything else.</summary>
    public static double? Evaluate(ModelFiles files, OnnxGraph graph, string tensor, int steps = MaximumSteps)
    {
        if (graph.Initializers.TryGetValue(tensor, out var constant))
        {
            return constant.Scalar ?? External(files, graph, constant);
        }
        if (steps == 0 || graph.Producer(tensor) is not { } node)
        {
            return null;
        }
        return node.Operation switch
        {
            "Constant" => node.Numbers.TryGetValue("value", out double value) || node.Numbers.TryGetValue("value_float", out value) ? value : null,
            "Identity" or "Cast" or "Unsqueeze" or "Squeeze" or "Reshape" or "Expand" => Argument(0),
            "Exp" => Argument(0) is { } x ? Math.Exp(x) : null,
            "Neg" => -Argument(0),
            "Reciprocal" => 1 / Argument(0),
            "Mul" => Argument(0) * Argument(1),
            "Div" => Argument(0) / Argument(1),
            "Min" => node.Inputs.Count == 2 && Argument(0) is { } a && Argument(1) is { } b ? Math.Min(a, b) : null,
            "Max" => node.Inputs.Count == 2 && Argument(0) is { } a && Argument(1) is { } b ? Math.Max(a, b) : null,
            // OpenAI and open_clip clamp t to ln 100.
            "Clip" => Argument(0) is { } x ? Math.Min(Math.Max(x, Argument(1) ?? double.MinValue), Argument(2) ?? double.MaxValue) : null,
            _ => null,
        };

        double? Argument(int index) => node.HasInput(index) ? Evaluate(files, graph, node.Input(index), steps - 1) : null;
    }

    private static double? External(ModelFiles files, OnnxGraph graph, OnnxTensor constant)
    {
        if (constant.Count != 1 || constant.ExternalData is null)
        {
            return null;
        }
        var (file, start, end) = OnnxSubgraph.ExternalRange(files, graph, constant);
        if (end - start > sizeof(double))
        {
            return null;
        }
        using var stream = files.OpenRead(file);
        stream.Position = start;
        byte[] bytes = new byte[end - start];
        stream.ReadExactly(bytes);
        return OnnxScalar.FromBytes(bytes, constant.ElementType);
    }
}
