using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Microsoft.ML.Clip;

/// <summary>The text Transformer: ids [N, length] to T_f [N, width], the state at the first end token, which has seen all before it.</summary>
internal sealed class TextTransformer : Tower
{
    // Not the parameter itself: TorchSharp registers a module's fields, and would call it _tokens.
    private readonly WeightOnly _tokens;     // [vocabulary, width]
    private readonly Parameter _positions;   // [context, width]
    private readonly TransformerStack _blocks;
    private readonly LayerNormLayer _after;
    private readonly Parameter _projection;  // [width, joint]
    private readonly int _endOfText;

    public TextTransformer(ClipArchitecture a, Initialization initialization)
        : base(nameof(TextTransformer))
    {
        _endOfText = a.EndOfTextId;
        _tokens = new WeightOnly(initialization.Normal(0.02, a.VocabularySize, a.TextWidth));
        _positions = initialization.Normal(0.01, a.ContextLength, a.TextWidth);
        _blocks = new TransformerStack(a.TextWidth, a.TextHeads, a.TextLayers, causal: true, a.Activation, initialization);
        _after = new LayerNormLayer(a.TextWidth);
        _projection = initialization.Normal(Math.Pow(a.TextWidth, -0.5), a.TextWidth, a.JointDimension);
        register_module("token_embedding", _tokens);
        register_parameter("positional_embedding", _positions);
        register_module("transformer", _blocks);
        register_module("ln_final", _after);
        register_parameter("text_projection", _projection);
    }

    /// <param name="input">
    /// Ids (int64). The length may be less than the context: what follows the end token is never seen, so callers cut batches to their longest text.
    /// </param>
    /// <returns>[N, width]</returns>
    public override Tensor forward(Tensor input)
    {
        long length = input.shape[1];
        // [N, length, width]
        var x = _tokens.Value.index_select(0, input.flatten()).reshape(input.shape[0], input.shape[1], -1) + _positions.narrow(0, 0, length);
        x = _after.forward(_blocks.forward(x.to(ActivationType)));
        var end = input.eq(_endOfText).to(ScalarType.Int64).argmax(1);                       // [N], the first one
        return x.gather(1, end.reshape(-1, 1, 1).expand(-1, 1, x.shape[2])).squeeze(1);
    }

    public override Tensor Project(Tensor features) => features.to(_projection.dtype).matmul(_projection);
}
