using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Microsoft.ML.Clip;

/// <summary>Continuous bag of words: T_f is the mean of the token embeddings up to the first end token.</summary>
internal sealed class CbowText : Tower
{
    // Not the parameter itself: TorchSharp registers a module's fields, and would call it _tokens.
    private readonly WeightOnly _tokens;     // [vocabulary, width]
    private readonly Parameter _projection;  // [width, joint]
    private readonly int _endOfText;

    public CbowText(ClipArchitecture a, Initialization initialization)
        : base(nameof(CbowText))
    {
        _endOfText = a.EndOfTextId;
        _tokens = new WeightOnly(initialization.Normal(0.02, a.VocabularySize, a.TextWidth));
        _projection = initialization.Normal(Math.Pow(a.TextWidth, -0.5), a.TextWidth, a.JointDimension);
        register_module("token_embedding", _tokens);
        register_parameter("text_projection", _projection);
    }

    /// <param name="input">Ids [N, length], int64.</param>
    /// <returns>[N, width]</returns>
    public override Tensor forward(Tensor input)
    {
        var isEnd = input.eq(_endOfText).to(ScalarType.Float32);
        var used = (isEnd.cumsum(1) - isEnd).eq(0).to(ScalarType.Float32).unsqueeze(2);      // [N, length, 1]: 1 up to and with the first end
        return (_tokens.Value.index_select(0, input.flatten()).reshape(input.shape[0], input.shape[1], -1) * used).sum(dim: 1) / used.sum(dim: 1);
    }

    public override Tensor Project(Tensor features) => features.to(_projection.dtype).matmul(_projection);
}
