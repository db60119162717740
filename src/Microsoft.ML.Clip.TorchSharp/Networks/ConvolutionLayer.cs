using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Microsoft.ML.Clip;

/// <summary>A convolution without bias that computes in the type of its input; its weight stays float.</summary>
internal sealed class ConvolutionLayer : nn.Module<Tensor, Tensor>
{
    private readonly Parameter _weight; // [output, input, kernel, kernel]
    private readonly int _kernel;
    private readonly int _stride;

    public ConvolutionLayer(int input, int output, int kernel, int stride, Initialization initialization)
        : base(nameof(ConvolutionLayer))
    {
        _kernel = kernel;
        _stride = stride;
        _weight = initialization.Convolution(output, input, kernel);
        register_parameter("weight", _weight);
    }

    /// <param name="input">[N, input, H, W]</param>
    /// <returns>[N, output, H / stride, W / stride]</returns>
    public override Tensor forward(Tensor input) => _kernel == _stride && _kernel > 1 ? Patches(input) : nn.functional.conv2d(
        input, _weight.to(input.dtype), strides: [_stride, _stride], padding: [(_kernel - 1) / 2, (_kernel - 1) / 2]);

    /// <summary>
    /// Patches that do not overlap are one matrix product. oneDNN's convolution of three channels is many times slower than that, above all backwards.
    /// </summary>
    private Tensor Patches(Tensor input)
    {
        long n = input.shape[0], channels = input.shape[1], rows = input.shape[2] / _kernel, columns = input.shape[3] / _kernel;
        var patches = input.permute(0, 2, 3, 1)                                      // [N, H, W, C]
            .reshape(n, rows, _kernel, columns, _kernel, channels)
            .permute(0, 1, 3, 2, 4, 5)
            .reshape(n * rows * columns, _kernel * _kernel * channels);
        var weight = _weight.to(input.dtype).permute(0, 2, 3, 1).reshape(_weight.shape[0], -1);
        return patches.matmul(weight.t()).reshape(n, rows, columns, -1).permute(0, 3, 1, 2);
    }
}
