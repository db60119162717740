using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Microsoft.ML.Clip;

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
        _bias = Initialization.Constant(0, 3 * width);
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
