using static TorchSharp.torch;

namespace Microsoft.ML.Clip;

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
        _norm1 = new LayerNormLayer(width);
        _attention = new AttentionLayer(width, heads, causal, input, output, initialization);
        _norm2 = new LayerNormLayer(width);
        _expand = new LinearLayer(width, 4 * width, expand, initialization);
        _contract = new LinearLayer(4 * width, width, output, initialization);
        register_module("ln_1", _norm1);
        register_module("attn", _attention);
        register_module("ln_2", _norm2);
        register_module("mlp", new Group(("c_fc", _expand), ("c_proj", _contract)));
    }

    /// <param name="input">[N, length, width]</param>
    /// <returns>[N, length, width]</returns>
    public override Tensor forward(Tensor input)
    {
        var attended = input + _attention.forward(_norm1.forward(input));
        return attended + _contract.forward(Activate(_expand.forward(_norm2.forward(attended))));
    }

    private Tensor Activate(Tensor input) =>
        _activation == ClipActivation.QuickGelu ? input * (1.702 * input).sigmoid() : nn.functional.gelu(input);
}
