using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Microsoft.ML.Clip;

/// <summary>The Vision Transformer: pixels [N, 3, H, W] to I_f [N, width], the class token after the last norm.</summary>
internal sealed class VisionTransformer : Tower
{
    private readonly ConvolutionLayer _patches;
    private readonly Parameter _classToken;  // [width]
    private readonly Parameter _positions;   // [grid² + 1, width]
    private readonly LayerNormLayer _before;
    private readonly TransformerStack _blocks;
    private readonly LayerNormLayer _after;
    private readonly Parameter _projection;  // [width, joint]

    public VisionTransformer(ClipArchitecture a, Initialization initialization)
        : base(nameof(VisionTransformer))
    {
        double scale = Math.Pow(a.VisionWidth, -0.5);
        _patches = new ConvolutionLayer(3, a.VisionWidth, a.PatchSize, a.PatchSize, initialization);
        _classToken = initialization.Normal(scale, a.VisionWidth);
        _positions = initialization.Normal(scale, (a.ImageGrid * a.ImageGrid) + 1, a.VisionWidth);
        _before = new LayerNormLayer(a.VisionWidth);
        _blocks = new TransformerStack(a.VisionWidth, a.VisionHeads, a.VisionLayers, causal: false, a.Activation, initialization);
        _after = new LayerNormLayer(a.VisionWidth);
        _projection = initialization.Normal(scale, a.VisionWidth, a.JointDimension);
        register_module("conv1", _patches);
        register_parameter("class_embedding", _classToken);
        register_parameter("positional_embedding", _positions);
        register_module("ln_pre", _before);
        register_module("transformer", _blocks);
        register_module("ln_post", _after);
        register_parameter("proj", _projection);
    }

    public override Tensor forward(Tensor input)
    {
        var patches = _patches.forward(input).flatten(2).permute(0, 2, 1);                                   // [N, grid², width]
        var token = _classToken.to(patches.dtype).expand(patches.shape[0], 1, -1);
        var x = cat([token, patches], dim: 1) + _positions.to(patches.dtype);                               // [N, grid² + 1, width]
        x = _blocks.forward(_before.forward(x));
        return _after.forward(x.select(1, 0));
    }

    public override Tensor Project(Tensor features) => features.to(_projection.dtype).matmul(_projection);
}
