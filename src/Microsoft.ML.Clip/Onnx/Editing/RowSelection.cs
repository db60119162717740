namespace Microsoft.ML.Clip;

/// <summary>
/// Takes the one token that an embedding is made of before the last block's work instead of after it. CLIP's image tower reads the class token of the last
/// block, the text tower the end token; only attention mixes tokens, so that what follows the last attention (its projection, the residual, norms, the MLP)
/// is needed for that one token alone: three quarters of the last block.
/// </summary>
/// <remarks>
/// The selection, a Gather or a GatherND by constant place or by the place of a token, or a Gather of the rows of all texts, is moved towards the inputs,
/// past operations that treat each token by itself, as long as nobody else reads what they give. An operation that is not known to be of that kind ends the
/// way, so that graphs of other forms stay as they are. Which products are summed does not change, only how many rows are computed at once.
/// </remarks>
internal sealed class RowSelection
{
    // [batch, tokens, width].
    private const int Rank = 3, TokenAxis = 1;

    // A tower has one or two, near its end.
    private const int MostSelections = 16;

    private readonly GraphDraft _draft;
    private readonly DraftShapes _shapes;
    private readonly DraftNode _selection;
    private readonly HashSet<DraftNode> _moved = [];
    private readonly Dictionary<string, string> _selected = new(StringComparer.Ordinal);
    private readonly string _data;
    private readonly FlatSelection? _flat;

    private RowSelection(GraphDraft draft, DraftShapes shapes, DraftNode selection)
    {
        (_draft, _shapes, _selection) = (draft, shapes, selection);
        _flat = FlatSelection.Find(draft, shapes, selection);
        _data = _flat?.Data ?? selection.Input(0);
    }

    private bool IsByToken => _flat is not null || _selection.Is("GatherND");

    /// <summary>Moves the selections of a graph. Tensors that are given out, and what others read of them, stay.</summary>
    /// <returns>Whether something was moved that pays: a product with a matrix.</returns>
    public static bool Move(GraphDraft draft)
    {
        bool any = false;
        var shapes = new DraftShapes(draft);
        foreach (var node in draft.Nodes.Where(n => n.Is("Gather") || n.Is("GatherND")).ToList().TakeLast(MostSelections))
        {
            any |= new RowSelection(draft, shapes, node).TryMove();
        }
        if (any)
        {
            draft.Sweep();
        }
        return any;
    }

    private bool TryMove()
    {
        if (!TakesOneToken() || _shapes.Rank(_data) != Rank)
        {
            return false;
        }
        FindWhatMoves();
        if (!_moved.Any(n => n.Is("MatMul")))
        {
            return false;
        }
        // What the first of them reads has the same batch and tokens as the data.
        _flat?.LetGoOfData(_draft.Nodes.Where(_moved.Contains).SelectMany(n => RowInputs(n)!).First(i => !_moved.Contains(_draft.Producer(i)!)));
        foreach (var node in _draft.Nodes.Where(_moved.Contains).ToList())
        {
            MoveBehindSelection(node);
        }
        // What is left is the only token there is.
        bool isVector = IsByToken || _shapes.Dimensions(_selection.Input(1)) is { Count: 0 };
        string first = isVector ? _draft.AddConstant("first_token", OnnxRuntime.Tensors.TensorElementType.Int64, [], DraftData.Of([0L])) : _draft.AddList("first_token", 0);
        _draft.Replace(_selection, new DraftNode("Gather", [_selected[_data], first], _selection.Outputs, "", [DraftAttribute.Of("axis", (long)TokenAxis)]));
        return true;
    }

    /// <summary>Whether the selection is of one token for each row of a batch: x[:, i], or x[range(batch), places].</summary>
    private bool TakesOneToken()
    {
        if (_flat is not null)
        {
            return true;
        }
        if (IsByToken)
        {
            // [batch, 2] of row and place, or with batch_dims = 1 [batch, 1] of places.
            return _shapes.Rank(_selection.Input(1)) == 2 && _shapes.LastLength(_selection.Input(1)) is { } length
                && (_selection.Number("batch_dims") ?? 0, length) is (0, 2) or (1, 1);
        }
        return _selection.Number("axis") == 1 && _shapes.Dimensions(_selection.Input(1)) is [] or [1];
    }

    /// <summary>Goes back from the selection; an operation moves if all who read its result do.</summary>
    private void FindWhatMoves()
    {
        var wanted = new HashSet<string>(StringComparer.Ordinal) { _data };
        foreach (var node in _draft.Nodes.Reverse())
        {
            if (node.Outputs is [var output] && wanted.Contains(output) && !_draft.IsGivenOut(output)
                && _draft.Consumers(output).All(c => c == _selection || _moved.Contains(c) || _flat?.Reads(c) == true) && RowInputs(node) is { } rows)
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
            return _shapes.Dimensions(node.Input(1)) is { Count: 2 } && _shapes.IsConstant(node.Input(1)) && _shapes.Rank(x) == Rank ? [x] : null;
        }
        if (node.Is("LayerNormalization") || node.Is("ReduceMean"))
        {
            bool isOverWidth = node.Is("LayerNormalization") ? node.Number("axis") is null or -1 or Rank - 1
                : node.Number("keepdims") is null or 1 && _shapes.Axes(node) is [-1] or [Rank - 1];
            return isOverWidth && node.Inputs.Skip(1).All(i => i.Length == 0 || IsForAllRows(i)) && _shapes.Rank(x) == Rank ? [x] : null;
        }
        if (node is { Operation: "MultiHeadAttention", Original: null })
        {
            // One that was fused here: each query by itself, on all keys and values of its row of the batch.
            return IsByToken ? null : [x];
        }
        if (!DraftShapes.IsElementwise(node))
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
            if (_shapes.IsConstant(input) || _shapes.Rank(input) != Rank)
            {
                return null;
            }
            rows.Add(input);
        }
        // Where several come together, one might be the same for all tokens, or for the whole batch.
        return rows.Count == 1 || (rows.Count > 1 && rows.TrueForAll(_shapes.IsFull)) ? rows : null;
    }

    /// <summary>Whether a constant is a number, or a vector that every row is treated with.</summary>
    private bool IsForAllRows(string tensor) => _shapes.IsConstant(tensor) && _shapes.Dimensions(tensor) is { Count: <= Rank } dimensions
        && dimensions.SkipLast(1).All(d => d == 1);

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
            string place = _shapes.Dimensions(_selection.Input(1)) is [1] ? _selection.Input(1) : AsList(_selection.Input(1));
            _draft.Insert(new DraftNode("Gather", [tensor, place], [selected], "", [DraftAttribute.Of("axis", (long)TokenAxis)]), _selection);
            return selected;
        }
        string vector = _draft.NewName(tensor + "_vector");
        if (_flat is not null)
        {
            string rows = _draft.NewName(tensor + "_rows");
            _draft.Insert(new DraftNode("Flatten", [tensor], [rows], "", [DraftAttribute.Of("axis", (long)(Rank - 1))]), _selection);
            _draft.Insert(new DraftNode("Gather", [rows, _selection.Input(1)], [vector], "", [DraftAttribute.Of("axis", 0L)]), _selection);
            _draft.Insert(new DraftNode("Reshape", [vector, _draft.AddList("one_token", 0, 1, -1)], [selected]), _selection);
            return selected;
        }
        _draft.Insert(new DraftNode("GatherND", [tensor, _selection.Input(1)], [vector], "",
            [DraftAttribute.Of("batch_dims", (long)_selection.Number("batch_dims").GetValueOrDefault())]), _selection);
        _draft.Insert(new DraftNode("Reshape", [vector, _draft.AddList("one_token", 0, 1, -1)], [selected]), _selection);
        return selected;
    }

    private string AsList(string number)
    {
        string list = _draft.NewName(number + "_list");
        _draft.Insert(new DraftNode("Reshape", [number, _draft.AddList("one", 1)], [list]), _selection);
        return list;
    }
}
