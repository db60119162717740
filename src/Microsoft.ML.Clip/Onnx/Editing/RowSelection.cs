namespace Microsoft.ML.Clip;

/// <summary>
/// Takes the one token that an embedding is made of before the last block's work instead of after it. CLIP's image tower reads the class token of the last
/// block, the text tower the end token; only attention mixes tokens, so that what follows the last attention (its projection, the residual, norms, the MLP)
/// is needed for that one token alone: three quarters of the last block.
/// </summary>
/// <remarks>
/// The selection, a Gather or a GatherND by constant place or by the place of a token, is moved towards the inputs, past operations that treat each token by
/// itself, as long as nobody else reads what they give. An operation that is not known to be of that kind ends the way, so that graphs of other forms stay as
/// they are. Which products are summed does not change, only how many rows are computed at once.
/// </remarks>
internal sealed class RowSelection
{
    // [batch, tokens, width].
    private const int Rank = 3, TokenAxis = 1;

    // Every input is [batch, tokens, width], a vector for all tokens, or a number.
    private static readonly HashSet<string> Elementwise = new(StringComparer.Ordinal)
    {
        "Add", "Sub", "Mul", "Div", "Pow", "Sigmoid", "Tanh", "Erf", "Sqrt", "Reciprocal", "Relu", "Gelu", "QuickGelu", "FastGelu", "BiasGelu", "Cast", "Identity", "Neg",
    };

    private readonly GraphDraft _draft;
    private readonly DraftNode _selection;
    private readonly HashSet<DraftNode> _moved = [];
    private readonly Dictionary<string, string> _selected = new(StringComparer.Ordinal);
    private readonly string _data;

    private RowSelection(GraphDraft draft, DraftNode selection) => (_draft, _selection, _data) = (draft, selection, selection.Input(0));

    private bool IsByToken => _selection.Is("GatherND");

    /// <summary>Moves the selections of a graph. Tensors that are given out, and what others read of them, stay.</summary>
    /// <returns>Whether something was moved that pays: a product with a matrix.</returns>
    public static bool Move(GraphDraft draft)
    {
        bool any = false;
        foreach (var node in draft.Nodes.Where(n => n.Is("Gather") || n.Is("GatherND")).ToList())
        {
            any |= new RowSelection(draft, node).TryMove();
        }
        if (any)
        {
            draft.Sweep();
        }
        return any;
    }

    private bool TryMove()
    {
        if (!TakesOneToken() || TensorRank(_data, []) != Rank)
        {
            return false;
        }
        FindWhatMoves();
        if (!_moved.Any(n => n.Is("MatMul")))
        {
            return false;
        }
        foreach (var node in _draft.Nodes.Where(_moved.Contains).ToList())
        {
            MoveBehindSelection(node);
        }
        // What is left is the only token there is.
        bool isVector = IsByToken || Dimensions(_selection.Input(1)) is { Count: 0 };
        string first = isVector ? _draft.AddConstant("first_token", OnnxRuntime.Tensors.TensorElementType.Int64, [], DraftData.Of([0L])) : _draft.AddList("first_token", 0);
        _draft.Replace(_selection, new DraftNode("Gather", [_selected[_data], first], _selection.Outputs, "", [DraftAttribute.Of("axis", (long)TokenAxis)]));
        return true;
    }

    /// <summary>Whether the selection is of one token for each row of a batch: x[:, i], or x[range(batch), places].</summary>
    private bool TakesOneToken()
    {
        if (IsByToken)
        {
            // Indices [batch, 2] of places that follow from the ids; with batch_dims = 1 they are [batch, 1].
            return _selection.Number("batch_dims") is null or 0 or 1;
        }
        return _selection.Number("axis") == 1 && Dimensions(_selection.Input(1)) is [] or [1];
    }

    /// <summary>Goes back from the selection; an operation moves if all who read its result do.</summary>
    private void FindWhatMoves()
    {
        var wanted = new HashSet<string>(StringComparer.Ordinal) { _data };
        foreach (var node in _draft.Nodes.Reverse())
        {
            if (node.Outputs is [var output] && wanted.Contains(output) && !_draft.Outputs.Contains(output)
                && _draft.Consumers(output).All(c => c == _selection || _moved.Contains(c)) && RowInputs(node) is { } rows)
            {
                _moved.Add(node);
                wanted.UnionWith(rows);
            }
        }
    }

    /// <summary>The inputs of an operation of which row i alone decides row i of the result; null if that is not so, or not known.</summary>
    private List<string>? RowInputs(DraftNode node)
    {
        string x = node.Input(0);
        if (node.Is("MatMul"))
        {
            return Dimensions(node.Input(1)) is { Count: 2 } && IsConstant(node.Input(1)) && TensorRank(x, []) == Rank ? [x] : null;
        }
        if (node.Is("LayerNormalization") || node.Is("ReduceMean"))
        {
            bool isOverWidth = node.Is("LayerNormalization") ? node.Number("axis") is null or -1 or Rank - 1
                : node.Number("keepdims") is null or 1 && Axes(node) is [-1] or [Rank - 1];
            return isOverWidth && node.Inputs.Skip(1).All(IsConstant) && TensorRank(x, []) == Rank ? [x] : null;
        }
        if (!Elementwise.Contains(node.Operation) || node.Domain is not ("" or "ai.onnx" or "com.microsoft"))
        {
            return null;
        }
        List<string> rows = [];
        foreach (string input in node.Inputs.Where(i => i.Length > 0))
        {
            if (IsForAllRows(input))
            {
                continue;
            }
            if (IsConstant(input) || TensorRank(input, []) != Rank)
            {
                return null;
            }
            rows.Add(input);
        }
        return rows.Count > 0 ? rows : null;
    }

    /// <summary>Whether a constant is a number, or a vector that every row is treated with.</summary>
    private bool IsForAllRows(string tensor) => IsConstant(tensor) && Dimensions(tensor) is { Count: <= Rank } dimensions && dimensions.SkipLast(1).All(d => d == 1);

    private IReadOnlyList<long>? Axes(DraftNode node) => node.Integers("axes")
        ?? (_draft.Constants.TryGetValue(node.Input(1), out var constant) ? DraftValues.Integers(_draft, constant) : null);

    private bool IsConstant(string tensor) => Dimensions(tensor) is not null;

    /// <summary>The axes of a constant; null where the tensor is none.</summary>
    private IReadOnlyList<long>? Dimensions(string tensor, int steps = 4)
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

    /// <summary>How many axes a tensor has, as far as the operations tell that make it; null where they do not.</summary>
    private int? TensorRank(string tensor, Dictionary<string, int?> known)
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
        return known[tensor] = _draft.Producer(tensor) is not { } node ? _draft.Graph.Input(tensor)?.Rank : node switch
        {
            { Operation: "Reshape" } => ListLength(node.Input(1)),
            { Operation: "Transpose" } => node.Integers("perm")?.Count,
            { Operation: "LayerNormalization" or "Softmax" or "Concat" or "Slice" } => TensorRank(node.Input(0), known),
            { Operation: "ReduceMean" } => node.Number("keepdims") is null or 1 ? TensorRank(node.Input(0), known) : null,
            { Operation: "MatMul" } => TensorRank(node.Input(0), known) is { } a && TensorRank(node.Input(1), known) is { } b ? Math.Max(a, b) : null,
            { Operation: "Gather" } => TensorRank(node.Input(0), known) is { } a && TensorRank(node.Input(1), known) is { } b ? a + b - 1 : null,
            { Operation: "MultiHeadAttention" or "Attention", Domain: "com.microsoft" } => Rank,
            _ when Elementwise.Contains(node.Operation) => Broadcast(node, known),
            _ => null,
        };
    }

    private int? Broadcast(DraftNode node, Dictionary<string, int?> known)
    {
        int rank = 0;
        foreach (string input in node.Inputs.Where(i => i.Length > 0))
        {
            if (TensorRank(input, known) is not { } one)
            {
                return null;
            }
            rank = Math.Max(rank, one);
        }
        return rank;
    }

    /// <summary>How many numbers a list has that is a constant, or is put together of single ones.</summary>
    private int? ListLength(string tensor) => Dimensions(tensor) is { } dimensions ? dimensions is [var length and >= 0 and <= int.MaxValue] ? (int)length : null
        : _draft.Producer(tensor) switch
        {
            { Operation: "Concat" } node when node.Inputs.TrueForAll(IsOneNumber) => node.Inputs.Count,
            _ => null,
        };

    private bool IsOneNumber(string tensor) => Dimensions(tensor) is [1] || _draft.Producer(tensor) is { Operation: "Unsqueeze" } node && IsNumber(node.Input(0));

    private bool IsNumber(string tensor) => Dimensions(tensor) is [] || _draft.Producer(tensor) switch
    {
        { Operation: "Gather" } node => Dimensions(node.Input(1)) is [] && _draft.Producer(node.Input(0))?.Operation == "Shape",
        { Operation: "Squeeze" or "Mul" or "Div" or "Floor" or "Cast" or "Add" or "Sub" } node => node.Inputs.TrueForAll(IsNumber),
        _ => false,
    };

    /// <summary>
    /// Puts a copy of an operation that works on the selected token directly before the selection, where all is known that it takes: which token it is, too.
    /// </summary>
    private void MoveBehindSelection(DraftNode node)
    {
        var rows = RowInputs(node)!;
        string output = _draft.NewName(node.Outputs[0] + "_token");
        var inputs = node.Inputs.Select(input => rows.Contains(input) ? Selected(input) : input).ToList();
        _draft.Insert(new DraftNode(node, inputs, [output]), before: _selection);
        _selected.Add(node.Outputs[0], output);
    }

    private string Selected(string tensor)
    {
        if (!_selected.TryGetValue(tensor, out string? selected))
        {
            _selected.Add(tensor, selected = Select(tensor));
        }
        return selected;
    }

    /// <summary>The token of a tensor [batch, tokens, width] as [batch, 1, width].</summary>
    private string Select(string tensor)
    {
        string selected = _draft.NewName(tensor + "_token");
        if (!IsByToken)
        {
            // The same place, but as a list of one, so that the axis stays.
            string place = Dimensions(_selection.Input(1)) is [1] ? _selection.Input(1) : AsList(_selection.Input(1));
            _draft.Insert(new DraftNode("Gather", [tensor, place], [selected], "", [DraftAttribute.Of("axis", (long)TokenAxis)]), _selection);
            return selected;
        }
        string vector = _draft.NewName(tensor + "_vector");
        _draft.Insert(new DraftNode("GatherND", [tensor, _selection.Input(1)], [vector], "", [DraftAttribute.Of("batch_dims", (long)_selection.Number("batch_dims").GetValueOrDefault())]), _selection);
        _draft.Insert(new DraftNode("Unsqueeze", [vector, _draft.AddList("token_axis", TokenAxis)], [selected]), _selection);
        return selected;
    }

    private string AsList(string number)
    {
        string list = _draft.NewName(number + "_list");
        _draft.Insert(new DraftNode("Reshape", [number, _draft.AddList("one", 1)], [list]), _selection);
        return list;
    }
}
