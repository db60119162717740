using static Microsoft.ML.Model.OnnxConverter.OnnxCSharpToProtoWrapper.TensorProto.Types;

namespace Microsoft.ML.Clip;

/// <summary>
/// The graph of a text tower: <c>input_ids</c> [N, L], int64, to <c>text_embeds</c>, T_f · W_t, not normalised. L may be less than the context length: what
/// follows the end token is never seen.
/// </summary>
internal sealed class TextGraph
{
    private readonly OnnxGraphBuilder _graph = new("clip_text_encoder");
    private readonly ClipArchitecture _architecture;
    private readonly WeightTable _table;
    private readonly OnnxWeights _weights;
    private readonly TransformerGraph _parts;

    private TextGraph(ClipArchitecture architecture, WeightTable table, ClipWeightPrecision precision)
    {
        (_architecture, _table) = (architecture, table);
        _weights = new OnnxWeights(_graph, precision);
        _parts = new TransformerGraph(_graph, _weights, table);
    }

    /// <summary>Builds the graph.</summary>
    public static OnnxGraphBuilder Build(ClipArchitecture architecture, WeightTable table, ClipWeightPrecision precision)
    {
        var text = new TextGraph(architecture, table, precision);
        string ids = text._graph.Input("input_ids", DataType.Int64, "batch_size", "sequence_length");
        string features = architecture.Text == ClipTextKind.Transformer ? text.Transformer(ids) : text.BagOfWords(ids);
        text._graph.Scope = "text";
        text._graph.Output("text_embeds", text._parts.Product(features, table["text_projection"]), "batch_size", architecture.JointDimension);
        return text._graph;
    }

    private string Transformer(string ids)
    {
        _graph.Scope = "text";
        string length = _graph.Node("Shape", [ids], ("start", 1L), ("end", 2L));                                                      // [1], holds L
        string positions = _graph.Node("Slice", [_weights.Positions(_table["positional_embedding"]), _graph.Integers(0), length, _graph.Integers(0)]);
        string x = _graph.Node("Add", [_weights.Rows(_table["token_embedding.weight"], ids), positions]);                             // [N, L, W]
        x = _parts.Blocks(x, "transformer", _architecture.TextLayers, _architecture.TextHeads, _architecture.Activation, CausalMask(length));
        _graph.Scope = "text";
        // The first of equal maxima is taken: the first end token, or the first token of all where none ends the text.
        string end = _graph.Node("ArgMax", [IsEnd(ids, DataType.Int32)], ("axis", 1L), ("keepdims", 1L));                             // [N, 1]
        // The norm works on each position by itself, so it may come after the choice of one.
        return _parts.LayerNorm(_graph.Node("GatherND", [x, end], ("batch_dims", 1L)), "ln_final");                                   // [N, W]
    }

    /// <summary>The mean of the token embeddings up to the first end token, that included.</summary>
    private string BagOfWords(string ids)
    {
        _graph.Scope = "text";
        string endsBefore = _graph.Node("CumSum", [IsEnd(ids, DataType.Float), _graph.Integer(1)], ("exclusive", 1L));
        string used = _graph.Node("Cast", [_graph.Node("Equal", [endsBefore, _graph.Number(0)])], ("to", (long)DataType.Float));      // [N, L]: 1 or 0
        string rows = _weights.Rows(_table["token_embedding.weight"], ids);                                                           // [N, L, W]
        string sum = _graph.Node("Squeeze", [_graph.Node("MatMul", [_graph.Node("Unsqueeze", [used, _graph.Integers(1)]), rows]), _graph.Integers(1)]);
        return _graph.Node("Div", [sum, _graph.Node("ReduceSum", [used, _graph.Integers(1)], ("keepdims", 1L))]);
    }

    private string IsEnd(string ids, DataType type) =>
        _graph.Node("Cast", [_graph.Node("Equal", [ids, _graph.Integer(_architecture.EndOfTextId)])], ("to", (long)type));

    /// <summary>[L, L]: 0 on and below the diagonal, the lowest number above it, so that no position sees a later one.</summary>
    private string CausalMask(string length)
    {
        string square = _graph.Node("Concat", [length, length], ("axis", 0L));
        return _graph.Node("Trilu", [_graph.Node("Expand", [_graph.Number(float.MinValue), square]), _graph.Integer(1)], ("upper", 1L));
    }
}
