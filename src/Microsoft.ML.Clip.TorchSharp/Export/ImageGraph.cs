using static Microsoft.ML.Model.OnnxConverter.OnnxCSharpToProtoWrapper.TensorProto.Types;

namespace Microsoft.ML.Clip;

/// <summary>
/// The graph of an image tower: <c>pixel_values</c> [N, 3, S, S] to <c>pooler_output</c>, I_f, and <c>image_embeds</c>, I_f · W_i, not normalised.
/// </summary>
internal sealed class ImageGraph
{
    private const double NormEpsilon = 1e-5;

    private readonly OnnxGraphBuilder _graph = new("clip_image_encoder");
    private readonly ClipArchitecture _architecture;
    private readonly WeightTable _table;
    private readonly OnnxWeights _weights;
    private readonly TransformerGraph _parts;

    private ImageGraph(ClipArchitecture architecture, WeightTable table, ClipWeightPrecision precision)
    {
        (_architecture, _table) = (architecture, table);
        _weights = new OnnxWeights(_graph, precision);
        _parts = new TransformerGraph(_graph, _weights, table);
    }

    /// <summary>Builds the graph.</summary>
    public static OnnxGraphBuilder Build(ClipArchitecture architecture, WeightTable table, ClipWeightPrecision precision)
    {
        var image = new ImageGraph(architecture, table, precision);
        int size = architecture.ImageSize;
        string pixels = image._graph.Input("pixel_values", DataType.Float, "batch_size", 3, size, size);
        var (features, joint) = architecture.Vision == ClipVisionKind.VisionTransformer ? image.VisionTransformer(pixels) : image.ModifiedResNet(pixels);
        image._graph.Output("image_embeds", joint, "batch_size", architecture.JointDimension);
        image._graph.Output("pooler_output", features, "batch_size", architecture.ImageFeatureDimension);
        return image._graph;
    }

    private (string Features, string Joint) VisionTransformer(string pixels)
    {
        int width = _architecture.VisionWidth, patch = _architecture.PatchSize;
        _graph.Scope = "visual";
        string grid = _graph.Node("Conv", [pixels, _weights.Matrix(_table["visual.conv1.weight"], 0)], ("strides", new long[] { patch, patch }));    // [N, W, g, g]
        string patches = _graph.Node("Transpose", [_graph.Node("Reshape", [grid, _graph.Integers(0, 0, -1)])], ("perm", new long[] { 0, 2, 1 }));    // [N, g², W]
        string token = _weights.Small(_table["visual.class_embedding"] with { Shape = [1, 1, width] });
        string tokenShape = _graph.Node("Concat", [_graph.Node("Shape", [pixels], ("start", 0L), ("end", 1L)), _graph.Integers(1, width)], ("axis", 0L));
        string x = _graph.Node("Concat", [_graph.Node("Expand", [token, tokenShape]), patches], ("axis", 1L));                                      // [N, g² + 1, W]
        x = _graph.Node("Add", [x, _weights.Positions(_table["visual.positional_embedding"])]);
        x = _parts.Blocks(_parts.LayerNorm(x, "visual.ln_pre"), "visual.transformer", _architecture.VisionLayers, _architecture.VisionHeads, _architecture.Activation, mask: null);
        _graph.Scope = "visual";
        string features = _parts.LayerNorm(_graph.Node("Gather", [x, _graph.Integer(0)], ("axis", 1L)), "visual.ln_post");                           // [N, W]
        return (features, _parts.Product(features, _table["visual.proj"]));
    }

    private (string Features, string Joint) ModifiedResNet(string pixels)
    {
        _graph.Scope = "visual";
        bool isPatches = _architecture.StemKind == ClipStem.Patches;
        string x = isPatches
            ? Convolution(pixels, "visual.conv1", "visual.bn1", stride: _architecture.StemStride, padding: 0)
            : Convolution(pixels, "visual.conv1", "visual.bn1", stride: Math.Min(_architecture.StemStride, 2));
        x = Convolution(Relu(x), "visual.conv2", "visual.bn2");
        x = Relu(Convolution(Relu(x), "visual.conv3", "visual.bn3"));
        x = !isPatches && _architecture.StemStride == 4 ? Halve(x, 2) : x;
        foreach (var block in ResidualBlock.All(_architecture))
        {
            x = Residual(x, block);
        }
        _graph.Scope = "visual.attnpool";
        if (_architecture.ImagePooling == ClipImagePooling.Attention)
        {
            string attended = PoolByAttention(x);
            return (attended, _parts.Linear(attended, "visual.attnpool.c_proj.weight", "visual.attnpool.c_proj.bias"));
        }
        _graph.Scope = "visual";
        string mean = _graph.Node("Flatten", [_graph.Node("GlobalAveragePool", [x])], ("axis", 1L));
        return (mean, _parts.Product(mean, _table["visual.proj"]));
    }

    /// <summary>
    /// [N, C, H, W] to [N, output, H / stride, W / stride]; where it strides, the mean of 2x2 comes before the last convolution of a bottleneck, and before
    /// everything in a basic block.
    /// </summary>
    private string Residual(string x, ResidualBlock block)
    {
        _graph.Scope = block.Name;
        string Part(string input, string number) => Convolution(input, $"{block.Name}.conv{number}", $"{block.Name}.bn{number}");
        bool isBottleneck = block.Kind == ClipResidualBlock.Bottleneck;
        string reduced = Halve(x, block.Stride);
        string y = Relu(Part(isBottleneck ? x : reduced, "1"));
        y = isBottleneck ? Part(Halve(Relu(Part(y, "2")), block.Stride), "3") : Part(y, "2");
        string around = block.HasShortcut ? Convolution(reduced, $"{block.Name}.downsample.0", $"{block.Name}.downsample.1") : x;
        return Relu(_graph.Node("Add", [y, around]));
    }

    /// <summary>The mean of all positions asks, the mean and the positions answer: [N, C, H, W] to [N, C].</summary>
    private string PoolByAttention(string x)
    {
        int width = _architecture.ImageFeatureDimension;
        string positions = _graph.Node("Transpose", [_graph.Node("Reshape", [x, _graph.Integers(0, 0, -1)])], ("perm", new long[] { 0, 2, 1 }));     // [N, H · W, C]
        string mean = _graph.Node("ReduceMean", [positions], ("axes", new long[] { 1 }), ("keepdims", 1L));                                          // [N, 1, C]
        string all = _graph.Node("Add", [_graph.Node("Concat", [mean, positions], ("axis", 1L)), _weights.Positions(_table["visual.attnpool.positional_embedding"])]);
        string first = _graph.Node("Slice", [all, _graph.Integers(0), _graph.Integers(1), _graph.Integers(1)]);
        string Projected(string input, string name) => _parts.Linear(input, $"visual.attnpool.{name}.weight", $"visual.attnpool.{name}.bias");
        string attended = _parts.Attention(Projected(first, "q_proj"), Projected(all, "k_proj"), Projected(all, "v_proj"), width, _architecture.VisionHeads, mask: null);
        return _graph.Node("Squeeze", [attended, _graph.Integers(1)]);
    }

    /// <summary>
    /// A convolution with the batch norm behind it folded in: (w ∗ x - μ) · γ / √(σ² + ε) + β = (w · s) ∗ x + (β - μ · s) with s = γ / √(σ² + ε).
    /// </summary>
    private string Convolution(string x, string convolution, string norm, int stride = 1, int? padding = null)
    {
        var weight = _table[$"{convolution}.weight"];
        float[] gain = _table[$"{norm}.weight"].Values, offset = _table[$"{norm}.bias"].Values, mean = _table[$"{norm}.running_mean"].Values, variance = _table[$"{norm}.running_var"].Values;
        float[] folded = new float[weight.Values.Length];
        float[] bias = new float[gain.Length];
        for (int channel = 0; channel < gain.Length; channel++)
        {
            double scale = gain[channel] / Math.Sqrt(variance[channel] + NormEpsilon);
            bias[channel] = (float)(offset[channel] - (mean[channel] * scale));
            for (int i = channel * weight.RowLength; i < (channel + 1) * weight.RowLength; i++)
            {
                folded[i] = (float)(weight.Values[i] * scale);
            }
        }
        int kernel = weight.Shape[^1];
        long pad = padding ?? kernel / 2;
        return _graph.Node(
            "Conv",
            [x, _weights.Matrix(weight with { Values = folded }, 0), _weights.Small(new WeightTensor($"{norm}.bias", bias, bias.Length))],
            ("kernel_shape", new long[] { kernel, kernel }), ("strides", new long[] { stride, stride }), ("pads", new long[] { pad, pad, pad, pad }));
    }

    private string Halve(string x, int stride) =>
        stride == 1 ? x : _graph.Node("AveragePool", [x], ("kernel_shape", new long[] { stride, stride }), ("strides", new long[] { stride, stride }));

    private string Relu(string x) => _graph.Node("Relu", [x]);
}
