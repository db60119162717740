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
    private readonly HashSet<string> _full = new(StringComparer.Ordinal);
    private readonly Dictionary<string, OnnxValue> _inputs = new(StringComparer.Ordinal);

    public DraftShapes(GraphDraft draft)
    {
        _draft = draft;
        foreach (var input in draft.Graph.Inputs)
        {
            _inputs[input.Name] = input;
        }
        foreach (var node in draft.Nodes)
        {
            if (node.Outputs is [var output, ..])
            {
                _ranks[output] = FindRank(node);
                if (IsMadeFull(node))
                {
                    _full.Add(output);
                }
            }
        }
    }

    /// <summary>Whether an operation makes each element of the elements in the same place.</summary>
    public static bool IsElementwise(DraftNode node) => ElementwiseOperations.Contains(node.Operation) && node.Domain is "" or "ai.onnx" or "com.microsoft";

    public bool IsConstant(string tensor) => Dimensions(tensor) is not null;

    /// <summary>Over which axes an operation reduces, wherever its version keeps them.</summary>
    public IReadOnlyList<long>? Axes(DraftNode node) => node.Integers("axes") ?? Integers(node.Input(1));

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
        : _ranks.TryGetValue(tensor, out int? rank) ? rank : _inputs.GetValueOrDefault(tensor)?.Rank;

    /// <summary>
    /// Whether a tensor has a part for every row of the batch and every token, as far as its rank goes, and is not one that is broadcast: what is computed
    /// of an input by operations that keep all.
    /// </summary>
    public bool IsFull(string tensor) => _full.Contains(tensor)
        || (_draft.Producer(tensor) is null && _inputs.GetValueOrDefault(tensor) is { } input && input.Dimension(0) != 1);

    /// <summary>How long the last axis of a list of places is; null where the operations do not tell.</summary>
    public long? LastLength(string tensor, int steps = MaximumSteps) => Dimensions(tensor) is { } dimensions ? dimensions.Count > 0 ? dimensions[^1] : null
        : steps == 0 || _draft.Producer(tensor) is not { } node ? null : node switch
        {
            { Operation: "ArgMax" or "ArgMin" } when node.Number("keepdims") is null or 1 && IsLast(node.Number("axis") ?? 0, Rank(node.Input(0))) => 1,
            { Operation: "Unsqueeze" } when Axes(node) is [var axis] && IsLast(axis, Rank(tensor)) => 1,
            { Operation: "Concat" } when IsLast(node.Number("axis") ?? 0, Rank(tensor)) => Sum(node.Inputs.Select(i => LastLength(i, steps - 1))),
            { Operation: "Cast" or "Identity" } => LastLength(node.Input(0), steps - 1),
            _ => null,
        };

    private static bool IsLast(double axis, int? rank) => axis == -1 || axis == rank - 1;

    private static long? Sum(IEnumerable<long?> lengths) => lengths.Aggregate((long?)0, (sum, length) => sum + length);

    private bool IsMadeFull(DraftNode node) => node switch
    {
        { Operation: "Conv" or "Transpose" or "Reshape" or "Flatten" or "LayerNormalization" or "Softmax" or "Gemm" } => IsFull(node.Input(0)),
        { Operation: "ReduceMean" } => node.Number("keepdims") is null or 1 && Axes(node) is [-1] && IsFull(node.Input(0)),
        // Of a table what the ids say.
        { Operation: "Gather" } => IsConstant(node.Input(0)) && IsFull(node.Input(1)),
        { Operation: "MultiHeadAttention" or "Attention", Domain: "com.microsoft" } => IsFull(node.Input(0)),
        { Operation: "MatMul" or "Concat" } => node.Inputs.Exists(IsFull),
        // One that is whole makes the result whole.
        _ => IsElementwise(node) && node.Inputs.Exists(IsFull),
    };

    /// <summary>The axes of an operation's result, from those of what it reads: operations stand behind those whose results they read.</summary>
    private int? FindRank(DraftNode node) => node switch
    {
        { Operation: "Reshape" } => ListLength(node.Input(1)),
        { Operation: "Transpose" } => node.Integers("perm")?.Count,
        { Operation: "LayerNormalization" or "Softmax" or "Slice" } => Rank(node.Input(0)),
        // All that is put together has as many axes; the class token, an Expand, may not tell.
        { Operation: "Concat" } => node.Inputs.Select(Rank).FirstOrDefault(r => r is not null),
        { Operation: "ReduceMean" } => node.Number("keepdims") is null or 1 ? Rank(node.Input(0)) : null,
        // A vector would take an axis away.
        { Operation: "MatMul" } => Rank(node.Input(0)) is { } a and > 1 && Rank(node.Input(1)) is { } b and > 1 ? Math.Max(a, b) : null,
        { Operation: "ArgMax" or "ArgMin" } => node.Number("keepdims") is null or 1 ? Rank(node.Input(0)) : Rank(node.Input(0)) - 1,
        { Operation: "Unsqueeze" } => Rank(node.Input(0)) + Axes(node)?.Count,
        { Operation: "Range" or "Shape" } => 1,
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

    /// <summary>
    /// What a list of lengths says of each axis: a number of 0 and more, -1 for the rest, <see cref="Batch"/> or <see cref="Tokens"/> where it is that of a tensor
    /// [batch, tokens, width], <see cref="Unknown"/>; null where the tensor is no short list.
    /// </summary>
    public IReadOnlyList<long>? Lengths(string tensor)
    {
        if (Integers(tensor) is { } known)
        {
            return known;
        }
        return _draft.Producer(tensor) is { Operation: "Concat" } concat && concat.Inputs.TrueForAll(IsOneNumber) ? [.. concat.Inputs.Select(Length)] : null;
    }

    /// <summary>A short constant list, as an initializer or as an operation.</summary>
    private long[]? Integers(string tensor) => _draft.Constants.TryGetValue(tensor, out var constant) ? DraftValues.Integers(_draft, constant)
        : _draft.Producer(tensor) is { Operation: "Constant", Original.Value: { } value } ? DraftValues.Integers(_draft, new DraftTensor(value)) : null;

    /// <summary>What <see cref="Lengths"/> gives for the length of an axis that some tensor has.</summary>
    public const long Batch = -3, Tokens = -4, Unknown = -2;

    private long Length(string list)
    {
        if (Integers(list) is { } constant)
        {
            return constant is [var one] ? one : Unknown;
        }
        string number = _draft.Producer(list) is { Operation: "Unsqueeze" } node ? node.Input(0) : "";
        if (Number(number) is { } known)
        {
            return (long)known;
        }
        // A length that stands in the shape of what is whole.
        return _draft.Producer(number) is { Operation: "Gather" } gather && _draft.Producer(gather.Input(0)) is { Operation: "Shape" } shape && IsFull(shape.Input(0))
            ? Number(gather.Input(1)) switch
            {
                0 => Batch,
                1 when Rank(shape.Input(0)) == 3 => Tokens,
                _ => Unknown,
            }
            : Unknown;
    }

    /// <summary>A constant of one element.</summary>
    public double? Number(string tensor) => _draft.Constants.TryGetValue(tensor, out var constant) ? constant.Original?.Scalar
        : _draft.Producer(tensor) is { Operation: "Constant", Original.Value: { } value } ? value.Scalar : null;

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
