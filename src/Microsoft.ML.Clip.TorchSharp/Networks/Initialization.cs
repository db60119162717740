using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Microsoft.ML.Clip;

/// <summary>Fresh parameters, drawn from one generator so that a seed fixes them all without touching torch's global state.</summary>
internal sealed class Initialization(long seed) : IDisposable
{
    private readonly Generator _generator = new((ulong)seed, CPU);

    /// <summary>Normal with mean 0.</summary>
    public Parameter Normal(double standardDeviation, params long[] shape)
    {
        using var values = randn(shape, dtype: ScalarType.Float32, generator: _generator);
        return new Parameter(values.mul(standardDeviation));
    }

    /// <summary>
    /// A convolution's weight [output, input, kernel, kernel], normal with the variance 2 / (output · kernel²) of He et al. 2015, stored channels last.
    /// </summary>
    public Parameter Convolution(int output, int input, int kernel)
    {
        using var values = randn([output, kernel, kernel, input], dtype: ScalarType.Float32, generator: _generator);
        return new Parameter(values.mul(Math.Sqrt(2.0 / (output * (double)kernel * kernel))).permute(0, 3, 1, 2));
    }

    public static Parameter Constant(double value, params long[] shape) => new(full(shape, value, dtype: ScalarType.Float32));

    public void Dispose() => _generator.Dispose();
}
