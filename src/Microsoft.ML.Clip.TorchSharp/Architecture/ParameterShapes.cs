namespace Microsoft.ML.Clip;

/// <summary>The name and shape of every parameter that a model of an architecture has, running statistics of the norms among them.</summary>
internal static class ParameterShapes
{
    /// <summary>Shapes by OpenAI's names, in the order of the data's way through the towers.</summary>
    public static OrderedDictionary<string, int[]> Of(ClipArchitecture a)
    {
        var shapes = new OrderedDictionary<string, int[]>(StringComparer.Ordinal);
        if (a.Vision == ClipVisionKind.VisionTransformer)
        {
            AddVisionTransformer(shapes, a);
        }
        else
        {
            AddModifiedResNet(shapes, a);
        }
        shapes.Add("token_embedding.weight", [a.VocabularySize, a.TextWidth]);
        if (a.Text == ClipTextKind.Transformer)
        {
            shapes.Add("positional_embedding", [a.ContextLength, a.TextWidth]);
            AddBlocks(shapes, "transformer", a.TextLayers, a.TextWidth);
            AddPair(shapes, "ln_final", a.TextWidth);
        }
        shapes.Add("text_projection", [a.TextWidth, a.JointDimension]);
        shapes.Add(ParameterNames.LogitScale, []);
        return shapes;
    }

    private static void AddVisionTransformer(OrderedDictionary<string, int[]> shapes, ClipArchitecture a)
    {
        int width = a.VisionWidth;
        shapes.Add("visual.conv1.weight", [width, 3, a.PatchSize, a.PatchSize]);
        shapes.Add("visual.class_embedding", [width]);
        shapes.Add("visual.positional_embedding", [(a.ImageGrid * a.ImageGrid) + 1, width]);
        AddPair(shapes, "visual.ln_pre", width);
        AddBlocks(shapes, "visual.transformer", a.VisionLayers, width);
        AddPair(shapes, "visual.ln_post", width);
        shapes.Add("visual.proj", [width, a.JointDimension]);
    }

    private static void AddBlocks(OrderedDictionary<string, int[]> shapes, string prefix, int layers, int width)
    {
        for (int layer = 0; layer < layers; layer++)
        {
            string block = $"{prefix}.resblocks.{layer}";
            AddPair(shapes, $"{block}.ln_1", width);
            shapes.Add($"{block}.attn.in_proj_weight", [3 * width, width]);
            shapes.Add($"{block}.attn.in_proj_bias", [3 * width]);
            AddLinear(shapes, $"{block}.attn.out_proj", width, width);
            AddPair(shapes, $"{block}.ln_2", width);
            AddLinear(shapes, $"{block}.mlp.c_fc", width, 4 * width);
            AddLinear(shapes, $"{block}.mlp.c_proj", 4 * width, width);
        }
    }

    private static void AddModifiedResNet(OrderedDictionary<string, int[]> shapes, ClipArchitecture a)
    {
        int half = a.VisionWidth / 2;
        AddConvolution(shapes, "visual.conv1", "visual.bn1", 3, half, a.StemKind == ClipStem.Patches ? a.StemStride : 3);
        AddConvolution(shapes, "visual.conv2", "visual.bn2", half, half, 3);
        AddConvolution(shapes, "visual.conv3", "visual.bn3", half, a.VisionWidth, 3);
        foreach (var block in ResidualBlock.All(a))
        {
            foreach (var (convolution, norm, input, output, kernel) in block.Convolutions)
            {
                AddConvolution(shapes, $"{block.Name}.{convolution}", $"{block.Name}.{norm}", input, output, kernel);
            }
        }
        int width = a.ImageFeatureDimension;
        if (a.ImagePooling == ClipImagePooling.Mean)
        {
            shapes.Add("visual.proj", [width, a.JointDimension]);
            return;
        }
        shapes.Add("visual.attnpool.positional_embedding", [(a.ImageGrid * a.ImageGrid) + 1, width]);
        foreach (string name in (string[])["q_proj", "k_proj", "v_proj"])
        {
            AddLinear(shapes, $"visual.attnpool.{name}", width, width);
        }
        AddLinear(shapes, "visual.attnpool.c_proj", width, a.JointDimension);
    }

    private static void AddConvolution(OrderedDictionary<string, int[]> shapes, string convolution, string norm, int input, int output, int kernel)
    {
        shapes.Add($"{convolution}.weight", [output, input, kernel, kernel]);
        AddPair(shapes, norm, output);
        shapes.Add($"{norm}.running_mean", [output]);
        shapes.Add($"{norm}.running_var", [output]);
    }

    private static void AddLinear(OrderedDictionary<string, int[]> shapes, string name, int input, int output)
    {
        shapes.Add($"{name}.weight", [output, input]);
        shapes.Add($"{name}.bias", [output]);
    }

    private static void AddPair(OrderedDictionary<string, int[]> shapes, string name, int width)
    {
        shapes.Add($"{name}.weight", [width]);
        shapes.Add($"{name}.bias", [width]);
    }
}
