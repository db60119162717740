using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Microsoft.ML.Clip;

/// <summary>Layer normalisation over the last axis, computed in float and given back in the type of its input.</summary>
internal sealed class LayerNormLayer : nn.Module<Tensor, Tensor>
{
    private const double Epsilon = 1e-5;

    private readonly Parameter _weight;
    private readonly Parameter _bias;
    private readonly long[] _shape;

    public LayerNormLayer(int width)
        : base(nameof(LayerNormLayer))
    {
        _shape = [width];
        _weight = Initialization.Constant(1, width);
        _bias = Initialization.Constant(0, width);
        register_parameter("weight", _weight);
        register_parameter("bias", _bias);
    }

    public override Tensor forward(Tensor input) =>
        nn.functional.layer_norm(input.to(ScalarType.Float32), _shape, _weight, _bias, Epsilon).to(input.dtype);
}
