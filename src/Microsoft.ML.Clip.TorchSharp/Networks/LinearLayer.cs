using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Microsoft.ML.Clip;

/// <summary>x Wᵀ + b, computed in the type of its input; its parameters stay float.</summary>
internal sealed class LinearLayer : nn.Module<Tensor, Tensor>
{
    private readonly Parameter _weight; // [output, input]
    private readonly Parameter _bias;   // [output]

    public LinearLayer(int input, int output, double standardDeviation, Initialization initialization)
        : base(nameof(LinearLayer))
    {
        _weight = initialization.Normal(standardDeviation, output, input);
        _bias = Initialization.Constant(0, output);
        register_parameter("weight", _weight);
        register_parameter("bias", _bias);
    }

    /// <param name="input">[..., input]</param>
    /// <returns>[..., output]</returns>
    public override Tensor forward(Tensor input) => nn.functional.linear(input, _weight.to(input.dtype), _bias.to(input.dtype));
}
