using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Microsoft.ML.Clip;

// Two of the paper's towers, from the inside out: attention, a block, a stack of blocks, and what stands before and behind the stack for images and
// for texts. The bag of words at the end is the text tower without a stack.

/// <summary>Multi-head self-attention with torch's names: <c>in_proj_weight</c> [3 · width, width] holds query, key and value.</summary>
internal sealed class AttentionLayer : nn.Module<Tensor, Tensor>
{
    private readonly Parameter _weight;
    private readonly Parameter _bias;
    private readonly LinearLayer _output;
    private readonly int _heads;
    private readonly bool _causal;

    public AttentionLayer(int width, int heads, bool causal, double inputDeviation, double outputDeviation, Initialization initialization)
        : base(nameof(AttentionLayer))
    {
        _heads = heads;
        _causal = causal;
        _weight = initialization.Normal(inputDeviation, 3 * width, width);
        _bias = initialization.Constant(0, 3 * width);
        _output = new LinearLayer(width, width, outputDeviation, initialization);
        register_parameter("in_proj_weight", _weight);
        register_parameter("in_proj_bias", _bias);
        register_module("out_proj", _output);
    }

    /// <param name="input">[N, length, width]</param>
    /// <returns>[N, length, width]</returns>
    public override Tensor forward(Tensor input)
    {
        long n = input.shape[0], length = input.shape[1], width = input.shape[2];
        var projected = nn.functional.linear(input, _weight.to(input.dtype), _bias.to(input.dtype))  // [N, length, 3 · width]
            .reshape(n, length, 3, _heads, width / _heads)
            .permute(2, 0, 3, 1, 4);                                                                    // [3, N, heads, length, width / heads]
        var attended = nn.functional.scaled_dot_product_attention(projected[0], projected[1], projected[2], is_casual: _causal);
        return _output.forward(attended.permute(0, 2, 1, 3).reshape(n, length, width));
    }
}

/// <summary>One pre-norm block: x + attention(norm(x)), then x + mlp(norm(x)), the mlp four times as wide.</summary>
internal sealed class TransformerBlock : nn.Module<Tensor, Tensor>
{
    private readonly LayerNormLayer _norm1;
    private readonly AttentionLayer _attention;
    private readonly LayerNormLayer _norm2;
    private readonly LinearLayer _expand;
    private readonly LinearLayer _contract;
    private readonly ClipActivation _activation;

    public TransformerBlock(int width, int heads, int layers, bool causal, ClipActivation activation, Initialization initialization)
        : base(nameof(TransformerBlock))
    {
        // The deviations of OpenAI's initialize_parameters: what is added to the residual stream shrinks with its depth.
        double input = Math.Pow(width, -0.5), output = input * Math.Pow(2 * layers, -0.5), expand = Math.Pow(2 * width, -0.5);
        _activation = activation;
        _norm1 = new LayerNormLayer(width, initialization);
        _attention = new AttentionLayer(width, heads, causal, input, output, initialization);
        _norm2 = new LayerNormLayer(width, initialization);
        _expand = new LinearLayer(width, 4 * width, expand, initialization);
        _contract = new LinearLayer(4 * width, width, output, initialization);
        register_module("ln_1", _norm1);
        register_module("attn", _attention);
        register_module("ln_2", _norm2);
        register_module("mlp", new ModuleGroup(("c_fc", _expand), ("c_proj", _contract)));
    }

    /// <param name="input">[N, length, width]</param>
    /// <returns>[N, length, width]</returns>
    public override Tensor forward(Tensor input)
    {
        var attended = input.Plus(_attention.forward(_norm1.forward(input)));
        return attended.Plus(_contract.forward(Activate(_expand.forward(_norm2.forward(attended)))));
    }

    private Tensor Activate(Tensor input) =>
        _activation == ClipActivation.QuickGelu ? input * input.Times(1.702).sigmoid() : nn.functional.gelu(input);
}

/// <summary>Blocks one after another, named <c>resblocks.0</c>, <c>resblocks.1</c>, ...</summary>
internal sealed class TransformerStack : nn.Module<Tensor, Tensor>
{
    private readonly TransformerBlock[] _blocks;

    public TransformerStack(int width, int heads, int layers, bool causal, ClipActivation activation, Initialization initialization)
        : base(nameof(TransformerStack))
    {
        _blocks = [.. Enumerable.Range(0, layers).Select(_ => new TransformerBlock(width, heads, layers, causal, activation, initialization))];
        register_module("resblocks", new ModuleGroup([.. _blocks.Select((b, i) => ($"{i}", (nn.Module)b))]));
    }

    /// <param name="input">[N, length, width]</param>
    /// <returns>[N, length, width]</returns>
    public override Tensor forward(Tensor input) => _blocks.Aggregate(input, (x, block) => block.forward(x));
}

/// <summary>The Vision Transformer: pixels [N, 3, H, W] to I_f [N, width], the class token after the last norm.</summary>
internal sealed class VisionTransformerTower : Tower
{
    private readonly ConvolutionLayer _patches;
    private readonly Parameter _classToken;  // [width]
    private readonly Parameter _positions;   // [grid² + 1, width]
    private readonly LayerNormLayer _before;
    private readonly TransformerStack _blocks;
    private readonly LayerNormLayer _after;
    private readonly Parameter _projection;  // [width, joint]

    public VisionTransformerTower(ClipArchitecture a, Initialization initialization)
        : base(nameof(VisionTransformerTower))
    {
        double scale = Math.Pow(a.VisionWidth, -0.5);
        _patches = new ConvolutionLayer(3, a.VisionWidth, a.PatchSize, a.PatchSize, initialization);
        _classToken = initialization.Normal(scale, a.VisionWidth);
        _positions = initialization.Normal(scale, (a.ImageGrid * a.ImageGrid) + 1, a.VisionWidth);
        _before = new LayerNormLayer(a.VisionWidth, initialization);
        _blocks = new TransformerStack(a.VisionWidth, a.VisionHeads, a.VisionLayers, causal: false, a.Activation, initialization);
        _after = new LayerNormLayer(a.VisionWidth, initialization);
        _projection = initialization.Normal(scale, a.VisionWidth, a.JointDimension);
        register_module("conv1", _patches);
        register_parameter("class_embedding", _classToken);
        register_parameter("positional_embedding", _positions);
        register_module("ln_pre", _before);
        register_module("transformer", _blocks);
        register_module("ln_post", _after);
        register_parameter("proj", _projection);
    }

    public override Tensor forward(Tensor input)
    {
        var patches = _patches.forward(input).flatten(2).permute(0, 2, 1);                                   // [N, grid², width]
        var token = _classToken.to(patches.dtype).expand(patches.shape[0], 1, -1);
        var x = cat([token, patches], dim: 1).Plus(_positions.to(patches.dtype));                            // [N, grid² + 1, width]
        x = _blocks.forward(_before.forward(x));
        return _after.forward(x.select(1, 0));
    }

    public override Tensor Project(Tensor features) => features.to(_projection.dtype).matmul(_projection);
}

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
        _after = new LayerNormLayer(a.TextWidth, initialization);
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
        var x = _tokens.Value.index_select(0, input.flatten()).reshape(input.shape[0], length, -1).Plus(_positions.narrow(0, 0, length));
        x = _after.forward(_blocks.forward(x.to(ActivationType)));
        var end = input.Is(_endOfText).to(ScalarType.Int64).argmax(1);                       // [N], the first one
        return x.gather(1, end.reshape(-1, 1, 1).expand(-1, 1, x.shape[2])).squeeze(1);
    }

    public override Tensor Project(Tensor features) => features.to(_projection.dtype).matmul(_projection);
}

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
        var isEnd = input.Is(_endOfText).to(ScalarType.Float32);
        var used = (isEnd.cumsum(1) - isEnd).Is(0).to(ScalarType.Float32).unsqueeze(2);      // [N, length, 1]: 1 up to and with the first end
        return (_tokens.Value.index_select(0, input.flatten()).reshape(input.shape[0], input.shape[1], -1) * used).sum(dim: 1) / used.sum(dim: 1);
    }

    public override Tensor Project(Tensor features) => features.to(_projection.dtype).matmul(_projection);
}
