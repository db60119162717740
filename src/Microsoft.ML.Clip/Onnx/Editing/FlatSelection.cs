using Microsoft.ML.OnnxRuntime.Tensors;

namespace Microsoft.ML.Clip;

/// <summary>
/// x[range(batch), places] as PyTorch's exporter of TorchScript spells it: the tokens of all texts become the rows of one matrix, Flatten(x, 2), of which the
/// rows number · length + place are taken. Batch, length and width are asked of x itself, so that x has other readers than the selection.
/// </summary>
internal sealed class FlatSelection
{
    private const int Rank = 3;

    private readonly GraphDraft _draft;
    private readonly DraftNode _selection;
    private readonly DraftNode _flatten;
    private readonly List<DraftNode> _shapes;

    private FlatSelection(GraphDraft draft, DraftNode selection, DraftNode flatten, List<DraftNode> shapes) =>
        (_draft, _selection, _flatten, _shapes) = (draft, selection, flatten, shapes);

    /// <summary>The tensor [batch, tokens, width] that tokens are taken of.</summary>
    public string Data => _flatten.Input(0);

    /// <summary>Finds the form around a Gather; null if it is not that one.</summary>
    public static FlatSelection? Find(GraphDraft draft, DraftShapes shapes, DraftNode selection)
    {
        if (!selection.Is("Gather") || selection.Number("axis") is not (null or 0) || shapes.Rank(selection.Input(1)) != 1 || !draft.IsReadOnce(selection.Input(0))
            || draft.Producer(selection.Input(0)) is not { } flatten || !flatten.Is("Flatten") || flatten.Number("axis") is not (Rank - 1 or -1)
            || shapes.Rank(flatten.Input(0)) != Rank)
        {
            return null;
        }
        var others = draft.Consumers(flatten.Input(0)).Where(c => c != flatten).Distinct().ToList();
        var behind = draft.Nodes.SkipWhile(n => n != selection).ToHashSet();
        return others.TrueForAll(c => c.Is("Shape") && c.Inputs.Count == 1 && c is { Original.Numbers.Count: 0 } && !draft.IsGivenOut(c.Outputs[0])
            && draft.Consumers(c.Outputs[0]).All(reader => IsKnown(draft, reader, behind))) ? new FlatSelection(draft, selection, flatten, others) : null;
    }

    /// <summary>Whether an operation reads the tensor as part of this form.</summary>
    public bool Reads(DraftNode node) => node == _flatten || _shapes.Contains(node);

    /// <summary>Has batch and length asked of another tensor, and the width of what is selected.</summary>
    /// <param name="same">A tensor with the same batch and tokens.</param>
    public void LetGoOfData(string same)
    {
        foreach (var shape in _shapes)
        {
            string lengths = _draft.NewName(same + "_shape");
            _draft.Insert(new DraftNode("Shape", [same], [lengths]), before: shape);
            foreach (var reader in _draft.Consumers(shape.Outputs[0]).Distinct().ToList())
            {
                if (Axis(_draft, reader) is 0 or 1)
                {
                    _draft.SetInput(reader, 0, lengths);
                }
                else
                {
                    TakeWidthBehind(reader);
                }
            }
        }
    }

    private void TakeWidthBehind(DraftNode reader)
    {
        string selected = _draft.NewName(_selection.Outputs[0] + "_shape");
        bool isNumber = Constant(_draft, reader.Input(1)) is { Dimensions.Count: 0 };
        string axis = isNumber ? _draft.AddConstant("width", TensorElementType.Int64, [], DraftData.Of([1L])) : _draft.AddList("width", 1);
        _draft.Replace(reader);
        var next = _draft.Nodes.SkipWhile(n => n != _selection).Skip(1).FirstOrDefault();
        _draft.Insert(new DraftNode("Shape", [_selection.Outputs[0]], [selected]), next);
        _draft.Insert(new DraftNode("Gather", [selected, axis], reader.Outputs, "", [DraftAttribute.Of("axis", 0L)]), next);
    }

    /// <summary>Whether what reads a shape takes one axis of it, the width only for what stands behind the selection.</summary>
    private static bool IsKnown(GraphDraft draft, DraftNode reader, HashSet<DraftNode> behind) =>
        reader.Is("Gather") && reader.Input(0) != reader.Input(1) && !draft.IsGivenOut(reader.Outputs[0]) && Axis(draft, reader) switch
        {
            0 or 1 => true,
            Rank - 1 or -1 => draft.Consumers(reader.Outputs[0]).All(behind.Contains),
            _ => false,
        };

    /// <summary>The one number by which a Gather takes of a list; null if it is not known, or several.</summary>
    private static long? Axis(GraphDraft draft, DraftNode gather) =>
        gather.Number("axis") is null or 0 && Constant(draft, gather.Input(1)) is { Dimensions.Count: <= 1, Scalar: { } axis } ? (long)axis : null;

    private static OnnxTensor? Constant(GraphDraft draft, string tensor) => draft.Constants.TryGetValue(tensor, out var constant) ? constant.Original
        : draft.Producer(tensor) is { Operation: "Constant", Original.Value: { } value } ? value : null;
}
