using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Microsoft.ML.Clip;

/// <summary>
/// Attention pooling: the mean of all positions asks, the mean and the positions answer. [N, C, H, W] to I_f [N, C]; <c>c_proj</c> is W_i with a bias.
/// </summary>
internal sealed class AttentionPool : nn.Module<Tensor, Tensor>
{
    private readonly Parameter _positions; // [H · W + 1, C]
    private readonly LinearLayer _query, _key, _value, _projection;
    private readonly int _heads;

    public AttentionPool(int grid, int width, int heads, int joint, Initialization initialization)
        : base(nameof(AttentionPool))
    {
        double deviation = Math.Pow(width, -0.5);
        _heads = heads;
        _positions = initialization.Normal(deviation, (grid * grid) + 1, width);
        _query = new LinearLayer(width, width, deviation, initialization);
        _key = new LinearLayer(width, width, deviation, initialization);
        _value = new LinearLayer(width, width, deviation, initialization);
        _projection = new LinearLayer(width, joint, deviation, initialization);
        register_parameter("positional_embedding", _positions);
        register_module("q_proj", _query);
        register_module("k_proj", _key);
        register_module("v_proj", _value);
        register_module("c_proj", _projection);
    }

    public override Tensor forward(Tensor input)
    {
        var positions = input.flatten(2).permute(0, 2, 1);                                               // [N, H · W, C]
        var x = cat([positions.mean([1], keepdim: true), positions], dim: 1) + _positions.to(input.dtype);
        var attended = nn.functional.scaled_dot_product_attention(
            Heads(_query.forward(x.narrow(1, 0, 1))), Heads(_key.forward(x)), Heads(_value.forward(x)));    // [N, heads, 1, C / heads]
        return attended.flatten(1);
    }

    public Tensor Project(Tensor features) => _projection.forward(features.to(ScalarType.Float32));

    /// <summary>[N, length, C] to [N, heads, length, C / heads].</summary>
    private Tensor Heads(Tensor x) => x.reshape(x.shape[0], x.shape[1], _heads, -1).permute(0, 2, 1, 3);
}
