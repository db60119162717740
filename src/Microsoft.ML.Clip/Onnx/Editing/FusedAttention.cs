using Microsoft.ML.OnnxRuntime.Tensors;

namespace Microsoft.ML.Clip;

/// <summary>
/// Makes ONNX Runtime's MultiHeadAttention of what an export spells out: heads split off, softmax(c · q kᵀ) v for each, heads joined. It needs no transposed
/// copies, and treats each query by itself, so that one token's attention can be computed alone.
/// </summary>
/// <remarks>
/// Only the plain form is taken, in float32 and without a mask, as image towers have it: every permutation, every number of heads and the way back are checked,
/// and whatever is different, or read by others, stays as it is.
/// </remarks>
internal sealed class FusedAttention
{
    private const string Domain = "com.microsoft";

    private readonly GraphDraft _draft;
    private readonly DraftShapes _shapes;

    private FusedAttention(GraphDraft draft) => (_draft, _shapes) = (draft, new DraftShapes(draft));

    /// <summary>Fuses the attentions of a graph.</summary>
    /// <returns>Whether there were any.</returns>
    public static bool Fuse(GraphDraft draft)
    {
        if (draft.Constants.Values.Any(c => IsOtherFloat(c.ElementType))
            || draft.Nodes.Any(n => n.Is("Cast") && IsOtherFloat((TensorElementType)(int)n.Number("to").GetValueOrDefault()))
            || draft.Graph.Inputs.Any(i => IsOtherFloat(i.ElementType)))
        {
            return false;
        }
        var fusing = new FusedAttention(draft);
        var found = draft.Nodes.Where(n => n.Is("Softmax")).Select(fusing.Find).OfType<Attention>().ToList();
        foreach (var attention in found)
        {
            draft.Replace(attention.Joined, new DraftNode("MultiHeadAttention", [attention.Query, attention.Key, attention.Value], attention.Joined.Outputs, Domain,
                [DraftAttribute.Of("num_heads", attention.Heads), DraftAttribute.Of("scale", attention.Scale)]));
        }
        if (found.Count > 0)
        {
            draft.RequireOperators(Domain, 1);
            draft.Sweep();
        }
        return found.Count > 0;
    }

    private static bool IsOtherFloat(TensorElementType type) => type is TensorElementType.Float16 or TensorElementType.BFloat16 or TensorElementType.Double;

    private Attention? Find(DraftNode softmax)
    {
        if (softmax.Number("axis") is not (-1 or 3) || Only(softmax.Outputs[0], "MatMul") is not { } mix || mix.Input(0) != softmax.Outputs[0]
            || Only(mix.Outputs[0], "Transpose") is not { } back || !Permutes(back, 0, 2, 1, 3) || Only(back.Outputs[0], "Reshape") is not { } joined)
        {
            return null;
        }
        double scale = 1;
        var product = Made(Unscaled(softmax.Input(0), ref scale), "MatMul");
        if (product is null || Split(product.Input(0), ref scale, isTurned: false) is not { } query
            || Split(product.Input(1), ref scale, isTurned: true) is not { } key
            || Split(mix.Input(1), ref scale, isTurned: false, isScaled: false) is not { } value)
        {
            return null;
        }
        bool isOneForm = (query.Count, query.Width) == (key.Count, key.Width) && (query.Count, query.Width) == (value.Count, value.Width);
        // Of the three numbers at most one may be the rest.
        bool isJoined = _shapes.Lengths(joined.Input(1)) is [var batch, var tokens, var width] && KeepsRows(batch, tokens)
            && (width == query.Count * query.Width || (width == -1 && tokens != -1));
        return isOneForm && isJoined && scale > 0 && float.IsFinite((float)scale)
            ? new Attention(query.Tensor, key.Tensor, value.Tensor, joined, query.Count, (float)scale) : null;
    }

    /// <summary>What was split into heads, [batch, tokens, heads · width], and how; the scale takes up what it was multiplied with.</summary>
    private Heads? Split(string tensor, ref double scale, bool isTurned, bool isScaled = true)
    {
        string heads = isScaled ? Unscaled(tensor, ref scale) : tensor;
        if (Made(heads, "Transpose") is not { } transpose)
        {
            return null;
        }
        if (isTurned && Permutes(transpose, 0, 1, 3, 2))
        {
            string inner = Unscaled(transpose.Input(0), ref scale);
            transpose = Made(inner, "Transpose");
            isTurned = false;
        }
        bool isInOrder = transpose is not null && (isTurned ? Permutes(transpose, 0, 2, 3, 1) : Permutes(transpose, 0, 2, 1, 3));
        if (!isInOrder || Made(transpose!.Input(0), "Reshape") is not { } reshape
            || _shapes.Lengths(reshape.Input(1)) is not [var batch, var tokens, > 0 and var count, > 0 and var width]
            || !KeepsRows(batch, tokens))
        {
            return null;
        }
        string all = isScaled ? Unscaled(reshape.Input(0), ref scale) : reshape.Input(0);
        return _shapes.Rank(all) == 3 && _shapes.IsFull(all) && LastAxis(all) == count * width ? new Heads(all, count, width) : null;
    }

    /// <summary>The length of the last axis of what a product with a matrix made, with or without a bias.</summary>
    private long? LastAxis(string tensor) => _draft.Producer(tensor) is { Operation: "Add", Inputs: [var a, var b] } ? Columns(a) ?? Columns(b) : Columns(tensor);

    private long? Columns(string product) =>
        _draft.Producer(product) is { Operation: "MatMul" } node && _shapes.Dimensions(node.Input(1)) is [_, var columns] ? columns : null;

    /// <summary>The tensor before it was multiplied with, or divided by, a number.</summary>
    private string Unscaled(string tensor, ref double scale)
    {
        if (!_draft.IsReadOnce(tensor) || _draft.Producer(tensor) is not { Inputs: [var a, var b] } node)
        {
            return tensor;
        }
        if (node.Is("Mul") && (Number(b) ?? Number(a)) is { } factor)
        {
            scale *= factor;
            return Number(b) is null ? b : a;
        }
        if (node.Is("Div") && Number(b) is { } divisor)
        {
            scale /= divisor;
            return a;
        }
        return tensor;
    }

    private double? Number(string tensor) => _shapes.Number(tensor);

    /// <summary>Whether a list leaves batch and tokens where they are.</summary>
    private static bool KeepsRows(long batch, long tokens) => batch is 0 or DraftShapes.Batch && tokens is 0 or -1 or DraftShapes.Tokens;

    private DraftNode? Made(string tensor, string operation) =>
        _draft.IsReadOnce(tensor) && _draft.Producer(tensor) is { } node && node.Is(operation) ? node : null;

    private DraftNode? Only(string tensor, string operation) =>
        _draft.IsReadOnce(tensor) && _draft.Consumers(tensor)[0] is var node && node.Is(operation) ? node : null;

    private static bool Permutes(DraftNode node, params ReadOnlySpan<long> order) =>
        node.Integers("perm") is { } permutation && order.SequenceEqual([.. permutation]);

    private sealed record Attention(string Query, string Key, string Value, DraftNode Joined, long Heads, float Scale);

    private sealed record Heads(string Tensor, long Count, long Width);
}
