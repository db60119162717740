using static TorchSharp.torch;

namespace Microsoft.ML.Clip;

/// <summary>OpenAI's bottleneck: 1x1, 3x3, average pooling where it strides, 1x1 to four times the width, around a shortcut.</summary>
internal sealed class BottleneckBlock : nn.Module<Tensor, Tensor>
{
    private readonly ConvolutionLayer _conv1, _conv2, _conv3;
    private readonly BatchNormLayer _norm1, _norm2, _norm3;
    private readonly Shortcut? _shortcut;
    private readonly int _stride;

    public BottleneckBlock(int input, int width, int stride, Initialization initialization)
        : base(nameof(BottleneckBlock))
    {
        _stride = stride;
        _conv1 = new ConvolutionLayer(input, width, 1, 1, initialization);
        _norm1 = new BatchNormLayer(width);
        _conv2 = new ConvolutionLayer(width, width, 3, 1, initialization);
        _norm2 = new BatchNormLayer(width);
        _conv3 = new ConvolutionLayer(width, 4 * width, 1, 1, initialization);
        _norm3 = new BatchNormLayer(4 * width, gain: 0);
        _shortcut = stride > 1 || input != 4 * width ? new Shortcut(input, 4 * width, stride, initialization) : null;
        register_module("conv1", _conv1);
        register_module("bn1", _norm1);
        register_module("conv2", _conv2);
        register_module("bn2", _norm2);
        register_module("conv3", _conv3);
        register_module("bn3", _norm3);
        if (_shortcut is not null)
        {
            register_module("downsample", _shortcut);
        }
    }

    /// <param name="input">[N, input, H, W]</param>
    /// <returns>[N, 4 · width, H / stride, W / stride]</returns>
    public override Tensor forward(Tensor input)
    {
        var x = _norm1.forward(_conv1.forward(input)).relu_();
        x = _norm2.forward(_conv2.forward(x)).relu_();
        if (_stride > 1)
        {
            x = nn.functional.avg_pool2d(x, _stride);
        }
        x = _norm3.forward(_conv3.forward(x));
        return x.add_(_shortcut?.forward(input) ?? input).relu_();
    }
}
