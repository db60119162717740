using static TorchSharp.torch;

namespace Microsoft.ML.Clip;

/// <summary>
/// The way around a block that changes shape: average pooling instead of a stride (so nothing aliases), a 1x1 convolution, a norm. OpenAI names them
/// "-1", "0" and "1"; the first has no parameters.
/// </summary>
internal sealed class Shortcut : nn.Module<Tensor, Tensor>
{
    private readonly ConvolutionLayer _convolution;
    private readonly BatchNormLayer _norm;
    private readonly int _stride;

    public Shortcut(int input, int output, int stride, Initialization initialization)
        : base(nameof(Shortcut))
    {
        _stride = stride;
        _convolution = new ConvolutionLayer(input, output, 1, 1, initialization);
        _norm = new BatchNormLayer(output);
        register_module("0", _convolution);
        register_module("1", _norm);
    }

    public override Tensor forward(Tensor input) =>
        _norm.forward(_convolution.forward(_stride > 1 ? nn.functional.avg_pool2d(input, _stride) : input));
}
