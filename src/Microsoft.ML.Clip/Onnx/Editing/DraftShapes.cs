namespace Microsoft.ML.Clip;

/// <summary>What the operations of a graph tell of the shapes of its tensors, without running it. Null is what they do not tell.</summary>
internal sealed class DraftShapes(GraphDraft draft)
{
    private static readonly HashSet<string> ElementwiseOperations = new(StringComparer.Ordinal)
    {
        "Add", "Sub", "Mul", "Div", "Pow", "Sigmoid", "Tanh", "Erf", "Sqrt", "Reciprocal", "Relu", "Gelu", "QuickGelu", "FastGelu", "BiasGelu", "Cast", "Identity", "Neg",
    };

    /// <summary>Whether an operation makes each element of the elements in the same place.</summary>
    public static bool IsElementwise(DraftNode node) => ElementwiseOperations.Contains(node.Operation) && node.Domain is "" or "ai.onnx" or "com.microsoft";

    public bool IsConstant(string tensor) => Dimensions(tensor) is not null;

    /// <summary>Over which axes an operation reduces, wherever its version keeps them.</summary>
    public IReadOnlyList<long>? Axes(DraftNode node) => node.Integers("axes")
        ?? (draft.Constants.TryGetValue(node.Input(1), out var constant) ? DraftValues.Integers(draft, constant) : null);

    /// <summary>The axes of a constant; null where the tensor is none.</summary>
    public IReadOnlyList<long>? Dimensions(string tensor, int steps = 4)
    {
        if (draft.Constants.TryGetValue(tensor, out var constant))
        {
            return constant.Dimensions;
        }
        return steps == 0 ? null : draft.Producer(tensor) switch
        {
            { Operation: "Constant", Original.Value: { } value } => value.Dimensions,
            { Operation: "Identity" or "Cast" or "DequantizeLinear" } node => Dimensions(node.Input(0), steps - 1),
            { Operation: "Transpose" } node when Dimensions(node.Input(0), steps - 1) is { Count: 2 } matrix => [matrix[1], matrix[0]],
            _ => null,
        };
    }

    /// <summary>How many axes a tensor has.</summary>
    public int? Rank(string tensor) => Rank(tensor, new(StringComparer.Ordinal));

    private int? Rank(string tensor, Dictionary<string, int?> known)
    {
        if (Dimensions(tensor) is { } dimensions)
        {
            return dimensions.Count;
        }
        if (known.TryGetValue(tensor, out int? found))
        {
            return found;
        }
        // A graph that goes in circles finds this.
        known[tensor] = null;
        return known[tensor] = draft.Producer(tensor) is not { } node ? draft.Graph.Input(tensor)?.Rank : node switch
        {
            { Operation: "Reshape" } => ListLength(node.Input(1)),
            { Operation: "Transpose" } => node.Integers("perm")?.Count,
            { Operation: "LayerNormalization" or "Softmax" or "Slice" } => Rank(node.Input(0), known),
            // All that is put together has as many axes; the class token, an Expand, may not tell.
            { Operation: "Concat" } => node.Inputs.Select(i => Rank(i, known)).FirstOrDefault(r => r is not null),
            { Operation: "ReduceMean" } => node.Number("keepdims") is null or 1 ? Rank(node.Input(0), known) : null,
            { Operation: "MatMul" } => Rank(node.Input(0), known) is { } a && Rank(node.Input(1), known) is { } b ? Math.Max(a, b) : null,
            { Operation: "Gather" } => Rank(node.Input(0), known) is { } a && Rank(node.Input(1), known) is { } b ? a + b - 1 : null,
            { Operation: "MultiHeadAttention" or "Attention", Domain: "com.microsoft" } => 3,
            _ when IsElementwise(node) => Broadcast(node, known),
            _ => null,
        };
    }

    private int? Broadcast(DraftNode node, Dictionary<string, int?> known)
    {
        int rank = 0;
        foreach (string input in node.Inputs.Where(i => i.Length > 0))
        {
            if (Rank(input, known) is not { } one)
            {
                return null;
            }
            rank = Math.Max(rank, one);
        }
        return rank;
    }

    /// <summary>How many numbers a list has that is a constant, or is put together of single ones.</summary>
    private int? ListLength(string tensor) => Dimensions(tensor) is { } dimensions ? dimensions is [var length and >= 0 and <= int.MaxValue]
        ? (int)length : null
        : draft.Producer(tensor) switch
        {
            { Operation: "Concat" } node when node.Inputs.TrueForAll(IsOneNumber) => node.Inputs.Count,
            _ => null,
        };

    /// <summary>Whether a tensor is a list of one number.</summary>
    public bool IsOneNumber(string tensor) => Dimensions(tensor) is [1] || draft.Producer(tensor) is { Operation: "Unsqueeze" } node && IsNumber(node.Input(0));

    private bool IsNumber(string tensor) => Dimensions(tensor) is [] || draft.Producer(tensor) switch
    {
        { Operation: "Gather" } node => Dimensions(node.Input(1)) is [] && draft.Producer(node.Input(0))?.Operation == "Shape",
        { Operation: "Squeeze" or "Mul" or "Div" or "Floor" or "Cast" or "Add" or "Sub" } node => node.Inputs.TrueForAll(IsNumber),
        _ => false,
    };
}
