using Microsoft.ML.OnnxRuntime.Tensors;

namespace Microsoft.ML.Clip;

/// <summary>A product with a constant matrix, y = x · W + b, which 8 bits can take over.</summary>
/// <param name="Product">MatMul or Gemm.</param>
/// <param name="Addition">The Add behind it that has the bias; null where there is none, or the product has it.</param>
/// <param name="Output">The tensor y.</param>
/// <param name="Weights">W, as it is stored.</param>
/// <param name="IsTransposed">Whether it is stored as [outputs, inputs].</param>
/// <param name="Bias">b; null where there is none.</param>
internal sealed record QuantizableLinear(DraftNode Product, DraftNode? Addition, string Output, StoredMatrix Weights, bool IsTransposed, DraftTensor? Bias)
{
    /// <summary>The rows of W.</summary>
    public int Inputs => IsTransposed ? Weights.Columns : Weights.Rows;

    /// <summary>The columns of W.</summary>
    public int Outputs => IsTransposed ? Weights.Rows : Weights.Columns;

    /// <summary>How many weights it has.</summary>
    public long Size => (long)Inputs * Outputs;

    /// <summary>Reads W as [inputs, outputs], row by row.</summary>
    public float[] ReadWeights(GraphDraft draft)
    {
        float[] stored = Weights.Read(draft);
        if (!IsTransposed)
        {
            return stored;
        }
        float[] turned = new float[stored.Length];
        for (int row = 0; row < Outputs; row++)
        {
            for (int column = 0; column < Inputs; column++)
            {
                turned[(column * Outputs) + row] = stored[(row * Inputs) + column];
            }
        }
        return turned;
    }
}

/// <summary>The products that read one tensor, as those for queries, keys and values do: it is quantised once for all of them.</summary>
/// <param name="Input">The tensor x.</param>
/// <param name="Linears">The products.</param>
/// <param name="Type">The type of x and y.</param>
internal sealed record LinearGroup(string Input, IReadOnlyList<QuantizableLinear> Linears, TensorElementType Type)
{
    /// <summary>What messages and reports call it: the tensor behind the first product.</summary>
    public string Name => Linears[0].Output;

    public int Width => Linears[0].Inputs;

    public long Size => Linears.Sum(l => l.Size);
}

/// <summary>Finds the products with constant matrices in a graph.</summary>
internal static class LinearGroups
{
    // Below that, quantising costs what the product does.
    private const int SmallestWidth = 16;

    // What comes last is small (the projection), and its error is not evened out by anything behind it.
    private const double SmallShare = 0.05;

    /// <summary>The groups in the order of the graph, without those that stay in float whatever they are: small ones with no other behind them.</summary>
    /// <param name="draft">The graph.</param>
    /// <param name="convolutions">The convolutions that are put in 8 bits as well.</param>
    public static IReadOnlyList<LinearGroup> Find(GraphDraft draft, params IReadOnlyList<QuantizableConvolution> convolutions)
    {
        var linears = draft.Nodes.Select(node => Linear(draft, node)).OfType<QuantizableLinear>().ToList();
        long all = linears.Sum(l => l.Size) + convolutions.Sum(c => c.Size);
        var last = Last(draft, linears);
        return [.. linears.Where(l => !last.Contains(l) || l.Size >= all * SmallShare)
            .GroupBy(l => (Input: l.Product.Input(0), l.Inputs, l.Weights.Type)).Select(g => new LinearGroup(g.Key.Input, [.. g], g.Key.Type))];
    }

    /// <summary>Those from which no way leads to another one.</summary>
    private static HashSet<QuantizableLinear> Last(GraphDraft draft, List<QuantizableLinear> linears)
    {
        var byProduct = linears.ToDictionary(l => l.Product);
        var leading = new HashSet<string>(StringComparer.Ordinal);
        var last = new HashSet<QuantizableLinear>();
        foreach (var node in draft.Nodes.Reverse())
        {
            bool leads = node.Outputs.Exists(leading.Contains);
            if (byProduct.TryGetValue(node, out var linear))
            {
                if (!leads)
                {
                    last.Add(linear);
                }
                leads = true;
            }
            if (leads)
            {
                leading.UnionWith(node.Reads);
            }
        }
        return last;
    }

    private static QuantizableLinear? Linear(GraphDraft draft, DraftNode node)
    {
        bool isGemm = node.Is("Gemm");
        if (!(isGemm || node.Is("MatMul")) || node.Inputs.Count < 2 || draft.Constants.ContainsKey(node.Input(0))
            || StoredMatrix.Find(draft, node.Input(1)) is not { } weights)
        {
            return null;
        }
        bool isPlain = !isGemm || ((node.Number("alpha") ?? 1) == 1 && (node.Number("beta") ?? 1) == 1 && (node.Number("transA") ?? 0) == 0);
        if (!isPlain || Math.Min(weights.Rows, weights.Columns) < SmallestWidth)
        {
            return null;
        }
        bool isTransposed = weights.IsTransposed ^ (isGemm && node.Number("transB") == 1);
        int outputs = isTransposed ? weights.Rows : weights.Columns;
        string output = node.Outputs[0];
        if (isGemm && node.Input(2).Length > 0)
        {
            return Vector(draft, node.Input(2), outputs, weights.Type) is { } added
                ? new QuantizableLinear(node, null, output, weights, isTransposed, added) : null;
        }
        DraftTensor? bias = null;
        var addition = draft.IsReadOnce(output) ? draft.Consumers(output)[0] : null;
        if (addition?.Is("Add") == true)
        {
            bias = Vector(draft, addition.Input(addition.Input(0) == output ? 1 : 0), outputs, weights.Type);
        }
        addition = bias is null ? null : addition;
        return new QuantizableLinear(node, addition, addition?.Outputs[0] ?? output, weights, isTransposed, bias);
    }

    private static DraftTensor? Vector(GraphDraft draft, string tensor, long length, TensorElementType type) =>
        draft.Constants.TryGetValue(tensor, out var constant) && constant.ElementType == type && constant.Count == length
        && constant.Dimensions.Count > 0 && constant.Dimensions[^1] == length ? constant : null;
}
