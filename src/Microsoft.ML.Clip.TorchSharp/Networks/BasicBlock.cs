using static TorchSharp.torch;

namespace Microsoft.ML.Clip;

/// <summary>
/// Two 3x3 convolutions around a shortcut; where it strides, average pooling comes first, so that both convolutions work at the reduced size.
/// </summary>
internal sealed class BasicBlock : nn.Module<Tensor, Tensor>
{
    private readonly ConvolutionLayer _conv1, _conv2;
    private readonly BatchNormLayer _norm1, _norm2;
    private readonly Shortcut? _shortcut;
    private readonly int _stride;

    public BasicBlock(int input, int width, int stride, Initialization initialization)
        : base(nameof(BasicBlock))
    {
        _stride = stride;
        _conv1 = new ConvolutionLayer(input, width, 3, 1, initialization);
        _norm1 = new BatchNormLayer(width);
        _conv2 = new ConvolutionLayer(width, width, 3, 1, initialization);
        _norm2 = new BatchNormLayer(width, gain: 0);
        _shortcut = stride > 1 || input != width ? new Shortcut(input, width, stride: 1, initialization) : null;
        register_module("conv1", _conv1);
        register_module("bn1", _norm1);
        register_module("conv2", _conv2);
        register_module("bn2", _norm2);
        if (_shortcut is not null)
        {
            register_module("downsample", _shortcut);
        }
    }

    /// <param name="input">[N, input, H, W]</param>
    /// <returns>[N, width, H / stride, W / stride]</returns>
    public override Tensor forward(Tensor input)
    {
        if (_stride > 1)
        {
            input = nn.functional.avg_pool2d(input, _stride);
        }
        var x = _norm1.forward(_conv1.forward(input)).relu_();
        x = _norm2.forward(_conv2.forward(x));
        return x.add_(_shortcut?.forward(input) ?? input).relu_();
    }
}
