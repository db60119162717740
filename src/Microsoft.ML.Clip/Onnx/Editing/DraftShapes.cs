namespace Microsoft.ML.Clip;

/// <summary>
/// What the operations of a graph tell of the shapes of its tensors, without running it. Null is what they do not tell. Found in one pass over the graph as it
/// is when this is made: graphs may be long chains.
/// </summary>
internal sealed class DraftShapes
{
    // Real graphs put shapes together in a few steps.
    private const int MaximumSteps = 8;

    private static readonly HashSet<string> ElementwiseOperations = new(StringComparer.Ordinal)
    {
        "Add", "Sub", "Mul", "Div", "Pow", "Sigmoid", "Tanh", "Erf", "Sqrt", "Reciprocal", "Relu", "Gelu", "QuickGelu", "FastGelu", "BiasGelu", "Cast", "Identity", "Neg",
    };

    private readonly GraphDraft _draft;
    private readonly Dictionary<string, int?> _ranks = new(StringComparer.Ordinal);

    public DraftShapes(GraphDraft draft)
    {
        _draft = draft;
        foreach (var node in draft.Nodes)
        {
            if (node.Outputs is [var output, ..])
            {
                _ranks[output] = FindRank(node);
            }
        }
    }

    /// <summary>Whether an operation makes each element of the elements in the same place.</summary>
    public static bool IsElementwise(DraftNode node) => ElementwiseOperations.Contains(node.Operation) && node.Domain is "" or "ai.onnx" or "com.microsoft";

    public bool IsConstant(string tensor) => Dimensions(tensor) is not null;

    /// <summary>Over which axes an operation reduces, wherever its version keeps them.</summary>
    public IReadOnlyList<long>? Axes(DraftNode node) => node.Integers("axes")
        ?? (_draft.Constants.TryGetValue(node.Input(1), out var constant) ? DraftValues.Integers(_draft, constant) : null);

    /// <summary>The axes of a constant; null where the tensor is none.</summary>
    public IReadOnlyList<long>? Dimensions(string tensor, int steps = 4)
    {
        if (_draft.Constants.TryGetValue(tensor, out var constant))
        {
            return constant.Dimensions;
        }
        return steps == 0 ? null : _draft.Producer(tensor) switch
        {
            { Operation: "Constant", Original.Value: { } value } => value.Dimensions,
            { Operation: "Identity" or "Cast" or "DequantizeLinear" } node => Dimensions(node.Input(0), steps - 1),
            { Operation: "Transpose" } node when Dimensions(node.Input(0), steps - 1) is { Count: 2 } matrix => [matrix[1], matrix[0]],
            _ => null,
        };
    }

    /// <summary>How many axes a tensor has.</summary>
    public int? Rank(string tensor) => Dimensions(tensor) is { } dimensions ? dimensions.Count
        : _ranks.TryGetValue(tensor, out int? rank) ? rank : _draft.Graph.Input(tensor)?.Rank;

    /// <summary>The axes of an operation's result, from those of what it reads: operations stand behind those whose results they read.</summary>
    private int? FindRank(DraftNode node) => node switch
    {
        { Operation: "Reshape" } => ListLength(node.Input(1)),
        { Operation: "Transpose" } => node.Integers("perm")?.Count,
        { Operation: "LayerNormalization" or "Softmax" or "Slice" } => Rank(node.Input(0)),
        // All that is put together has as many axes; the class token, an Expand, may not tell.
        { Operation: "Concat" } => node.Inputs.Select(Rank).FirstOrDefault(r => r is not null),
        { Operation: "ReduceMean" } => node.Number("keepdims") is null or 1 ? Rank(node.Input(0)) : null,
        { Operation: "MatMul" } => Rank(node.Input(0)) is { } a && Rank(node.Input(1)) is { } b ? Math.Max(a, b) : null,
        { Operation: "Gather" } => Rank(node.Input(0)) is { } a && Rank(node.Input(1)) is { } b ? a + b - 1 : null,
        { Operation: "MultiHeadAttention" or "Attention", Domain: "com.microsoft" } => 3,
        _ when IsElementwise(node) => Broadcast(node),
        _ => null,
    };

    private int? Broadcast(DraftNode node)
    {
        int rank = 0;
        foreach (string input in node.Inputs.Where(i => i.Length > 0))
        {
            if (Rank(input) is not { } one)
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
        : _draft.Producer(tensor) switch
        {
            { Operation: "Concat" } node when node.Inputs.TrueForAll(IsOneNumber) => node.Inputs.Count,
            _ => null,
        };

    /// <summary>Whether a tensor is a list of one number.</summary>
    public bool IsOneNumber(string tensor) =>
        Dimensions(tensor) is [1] || (_draft.Producer(tensor) is { Operation: "Unsqueeze" } node && IsNumber(node.Input(0), MaximumSteps));

    private bool IsNumber(string tensor, int steps) => Dimensions(tensor) is [] || (steps > 0 && _draft.Producer(tensor) switch
    {
        { Operation: "Gather" } node => Dimensions(node.Input(1)) is [] && _draft.Producer(node.Input(0))?.Operation == "Shape",
        { Operation: "Squeeze" or "Mul" or "Div" or "Floor" or "Cast" or "Add" or "Sub" } node => node.Inputs.TrueForAll(i => IsNumber(i, steps - 1)),
        _ => false,
    });
}
