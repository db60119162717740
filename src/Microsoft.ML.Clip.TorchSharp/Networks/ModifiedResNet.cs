using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Microsoft.ML.Clip;

// The paper's other image tower, from the inside out: the way around a block, two kinds of block, the pooling, and the whole.

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
        _norm = new BatchNormLayer(output, initialization);
        register_module("0", _convolution);
        register_module("1", _norm);
    }

    public override Tensor forward(Tensor input) =>
        _norm.forward(_convolution.forward(_stride > 1 ? nn.functional.avg_pool2d(input, _stride) : input));
}

/// <summary>OpenAI's bottleneck: 1x1, 3x3, average pooling where it strides, 1x1 to four times the width, around a shortcut.</summary>
internal sealed class BottleneckBlock : nn.Module<Tensor, Tensor>
{
    private readonly ConvolutionLayer _conv1, _conv2, _conv3;
    private readonly BatchNormLayer _norm1, _norm2, _norm3;
    private readonly Shortcut? _shortcut;
    private readonly int _stride;

    public BottleneckBlock(ResidualBlock block, Initialization initialization)
        : base(nameof(BottleneckBlock))
    {
        int input = block.Input, width = block.Width, output = block.Output;
        _stride = block.Stride;
        _conv1 = new ConvolutionLayer(input, width, 1, 1, initialization);
        _norm1 = new BatchNormLayer(width, initialization);
        _conv2 = new ConvolutionLayer(width, width, 3, 1, initialization);
        _norm2 = new BatchNormLayer(width, initialization);
        _conv3 = new ConvolutionLayer(width, output, 1, 1, initialization);
        _norm3 = new BatchNormLayer(output, initialization, gain: 0);
        _shortcut = block.HasShortcut ? new Shortcut(input, output, _stride, initialization) : null;
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
    /// <returns>[N, output, H / stride, W / stride]</returns>
    public override Tensor forward(Tensor input)
    {
        var x = _norm1.forward(_conv1.forward(input)).relu_();
        x = _norm2.forward(_conv2.forward(x)).relu_();
        if (_stride > 1)
        {
            x = nn.functional.avg_pool2d(x, _stride);
        }
        x = _norm3.forward(_conv3.forward(x));
        return x.Plus_(_shortcut?.forward(input) ?? input).relu_();
    }
}

/// <summary>
/// Two 3x3 convolutions around a shortcut; where it strides, average pooling comes first, so that both convolutions work at the reduced size.
/// </summary>
internal sealed class BasicBlock : nn.Module<Tensor, Tensor>
{
    private readonly ConvolutionLayer _conv1, _conv2;
    private readonly BatchNormLayer _norm1, _norm2;
    private readonly Shortcut? _shortcut;
    private readonly int _stride;

    public BasicBlock(ResidualBlock block, Initialization initialization)
        : base(nameof(BasicBlock))
    {
        int input = block.Input, width = block.Width;
        _stride = block.Stride;
        _conv1 = new ConvolutionLayer(input, width, 3, 1, initialization);
        _norm1 = new BatchNormLayer(width, initialization);
        _conv2 = new ConvolutionLayer(width, width, 3, 1, initialization);
        _norm2 = new BatchNormLayer(width, initialization, gain: 0);
        _shortcut = block.HasShortcut ? new Shortcut(input, width, stride: 1, initialization) : null;
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
        return x.Plus_(_shortcut?.forward(input) ?? input).relu_();
    }
}

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
        var x = cat([positions.mean([1], keepdim: true), positions], dim: 1).Plus(_positions.to(input.dtype));
        var attended = nn.functional.scaled_dot_product_attention(
            Heads(_query.forward(x.narrow(1, 0, 1))), Heads(_key.forward(x)), Heads(_value.forward(x)));    // [N, heads, 1, C / heads]
        return attended.flatten(1);
    }

    public Tensor Project(Tensor features) => _projection.forward(features.to(ScalarType.Float32));

    /// <summary>[N, length, C] to [N, heads, length, C / heads].</summary>
    private Tensor Heads(Tensor x) => x.reshape(x.shape[0], x.shape[1], _heads, -1).permute(0, 2, 1, 3);
}

/// <summary>
/// The paper's modified ResNet: pixels [N, 3, H, W] through a stem of three convolutions and the stages to I_f [N, last width].
/// </summary>
internal sealed class ModifiedResNetTower : Tower
{
    private readonly ConvolutionLayer _conv1, _conv2, _conv3;
    private readonly BatchNormLayer _norm1, _norm2, _norm3;
    private readonly nn.Module<Tensor, Tensor>[] _blocks;
    private readonly AttentionPool? _pool;
    private readonly Parameter? _projection; // [last width, joint]
    private readonly bool _poolStem;

    public ModifiedResNetTower(ClipArchitecture a, Initialization initialization)
        : base(nameof(ModifiedResNetTower))
    {
        int half = a.VisionWidth / 2;
        _poolStem = a.StemKind == ClipStem.Convolutions && a.StemStride == 4;
        _conv1 = a.StemKind == ClipStem.Patches
            ? new ConvolutionLayer(3, half, a.StemStride, a.StemStride, initialization)
            : new ConvolutionLayer(3, half, 3, Math.Min(a.StemStride, 2), initialization);
        _norm1 = new BatchNormLayer(half, initialization);
        _conv2 = new ConvolutionLayer(half, half, 3, 1, initialization);
        _norm2 = new BatchNormLayer(half, initialization);
        _conv3 = new ConvolutionLayer(half, a.VisionWidth, 3, 1, initialization);
        _norm3 = new BatchNormLayer(a.VisionWidth, initialization);
        register_module("conv1", _conv1);
        register_module("bn1", _norm1);
        register_module("conv2", _conv2);
        register_module("bn2", _norm2);
        register_module("conv3", _conv3);
        register_module("bn3", _norm3);

        var blocks = new List<nn.Module<Tensor, Tensor>>();
        foreach (var stage in ResidualBlock.All(a).GroupBy(block => block.Stage))
        {
            nn.Module<Tensor, Tensor>[] members = [.. stage.Select(block => Create(block, initialization))];
            register_module(stage.Key, new ModuleGroup([.. members.Select((member, i) => ($"{i}", (nn.Module)member))]));
            blocks.AddRange(members);
        }
        _blocks = [.. blocks];
        int width = a.ImageFeatureDimension;
        if (a.ImagePooling == ClipImagePooling.Attention)
        {
            register_module("attnpool", _pool = new AttentionPool(a.ImageGrid, width, a.VisionHeads, a.JointDimension, initialization));
        }
        else
        {
            register_parameter("proj", _projection = initialization.Normal(Math.Pow(width, -0.5), width, a.JointDimension));
        }
    }

    public override Tensor forward(Tensor input)
    {
        var x = _norm1.forward(_conv1.forward(input)).relu_();
        x = _norm2.forward(_conv2.forward(x)).relu_();
        x = _norm3.forward(_conv3.forward(x)).relu_();
        if (_poolStem)
        {
            x = nn.functional.avg_pool2d(x, 2);
        }
        x = _blocks.Aggregate(x, (y, block) => block.forward(y));
        return _pool is not null ? _pool.forward(x) : x.to(ScalarType.Float32).mean([2, 3]);
    }

    public override Tensor Project(Tensor features) =>
        _pool is not null ? _pool.Project(features) : features.to(_projection!.dtype).matmul(_projection);

    private static nn.Module<Tensor, Tensor> Create(ResidualBlock block, Initialization initialization) =>
        block.Kind == ClipResidualBlock.Bottleneck ? new BottleneckBlock(block, initialization) : new BasicBlock(block, initialization);
}
