using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Microsoft.ML.Clip;

/// <summary>
/// The paper's modified ResNet: pixels [N, 3, H, W] through a stem of three convolutions and the stages to I_f [N, last width].
/// </summary>
internal sealed class ModifiedResNet : Tower
{
    private readonly ConvolutionLayer _conv1, _conv2, _conv3;
    private readonly BatchNormLayer _norm1, _norm2, _norm3;
    private readonly nn.Module<Tensor, Tensor>[] _blocks;
    private readonly AttentionPool? _pool;
    private readonly Parameter? _projection; // [last width, joint]
    private readonly bool _poolStem;

    public ModifiedResNet(ClipArchitecture a, Initialization initialization)
        : base(nameof(ModifiedResNet))
    {
        int half = a.VisionWidth / 2;
        _poolStem = a.StemKind == ClipStem.Convolutions && a.StemStride == 4;
        _conv1 = a.StemKind == ClipStem.Patches
            ? new ConvolutionLayer(3, half, a.StemStride, a.StemStride, initialization)
            : new ConvolutionLayer(3, half, 3, Math.Min(a.StemStride, 2), initialization);
        _norm1 = new BatchNormLayer(half);
        _conv2 = new ConvolutionLayer(half, half, 3, 1, initialization);
        _norm2 = new BatchNormLayer(half);
        _conv3 = new ConvolutionLayer(half, a.VisionWidth, 3, 1, initialization);
        _norm3 = new BatchNormLayer(a.VisionWidth);
        register_module("conv1", _conv1);
        register_module("bn1", _norm1);
        register_module("conv2", _conv2);
        register_module("bn2", _norm2);
        register_module("conv3", _conv3);
        register_module("bn3", _norm3);

        var blocks = new List<nn.Module<Tensor, Tensor>>();
        int width = a.VisionWidth;
        for (int stage = 0; stage < a.StageBlocks.Length; stage++)
        {
            int first = blocks.Count;
            for (int block = 0; block < a.StageBlocks[stage]; block++)
            {
                int stride = stage > 0 && block == 0 ? 2 : 1;
                blocks.Add(a.ResidualBlock == ClipResidualBlock.Bottleneck
                    ? new BottleneckBlock(width, a.StageWidths[stage], stride, initialization)
                    : new BasicBlock(width, a.StageWidths[stage], stride, initialization));
                width = a.StageOutput(stage);
            }

            register_module($"layer{stage + 1}", new Group([.. blocks.Skip(first).Select((b, i) => ($"{i}", (nn.Module)b))]));
        }

        _blocks = [.. blocks];
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
}
