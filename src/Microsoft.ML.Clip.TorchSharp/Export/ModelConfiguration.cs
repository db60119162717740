using System.Text.Json;

namespace Microsoft.ML.Clip;

/// <summary>The JSON files of an exported model, as Hugging Face's transformers write them.</summary>
internal static class ModelConfiguration
{
    private const double InitialLogitScale = 2.6592;

    private static readonly JsonSerializerOptions Readable = new() { WriteIndented = true, NewLine = "\n" };

    /// <summary>preprocessor_config.json: bicubic resizing of the shortest edge, centre crop, scaling and normalisation.</summary>
    public static byte[] Preprocessor(ClipArchitecture a) => JsonSerializer.SerializeToUtf8Bytes(
        new
        {
            crop_size = new { height = a.ImageSize, width = a.ImageSize },
            do_center_crop = true,
            do_convert_rgb = true,
            do_normalize = true,
            do_rescale = true,
            do_resize = true,
            image_mean = a.ImageMean,
            image_processor_type = "CLIPImageProcessor",
            image_std = a.ImageStandardDeviation,
            processor_class = "CLIPProcessor",
            resample = 3,
            rescale_factor = 1 / 255.0,
            size = new { shortest_edge = a.ImageSize },
        },
        Readable);

    /// <summary>config.json. <c>logit_scale</c> is exp(t) of this model; Hugging Face's <c>logit_scale_init_value</c> is what training began with.</summary>
    public static byte[] Model(ClipArchitecture a, ClipTokenizer tokenizer, double logitScale) => JsonSerializer.SerializeToUtf8Bytes(
        new OrderedDictionary<string, object>
        {
            ["architectures"] = new[] { "CLIPModel" },
            [LogitScaleFinder.RecordedKey] = logitScale,
            ["logit_scale_init_value"] = InitialLogitScale,
            ["model_type"] = "clip",
            ["projection_dim"] = a.JointDimension,
            ["text_config"] = Text(a, tokenizer),
            ["vision_config"] = a.Vision == ClipVisionKind.VisionTransformer ? VisionTransformer(a) : ModifiedResNet(a),
        },
        Readable);

    private static OrderedDictionary<string, object> Text(ClipArchitecture a, ClipTokenizer tokenizer)
    {
        var config = new OrderedDictionary<string, object>
        {
            ["model_type"] = "clip_text_model",
            ["vocab_size"] = a.VocabularySize,
            ["max_position_embeddings"] = a.ContextLength,
            ["eos_token_id"] = tokenizer.EndOfTextId,
            ["pad_token_id"] = tokenizer.PadId,
            ["hidden_size"] = a.TextWidth,
            ["projection_dim"] = a.JointDimension,
        };
        if (tokenizer.StartOfTextId is { } start)
        {
            config["bos_token_id"] = start;
        }
        if (a.Text == ClipTextKind.Transformer)
        {
            AddTransformer(config, a.TextWidth, a.TextHeads, a.TextLayers, a.Activation);
        }
        else
        {
            config["text_encoder"] = "cbow";
        }
        return config;
    }

    private static OrderedDictionary<string, object> VisionTransformer(ClipArchitecture a)
    {
        var config = Vision(a);
        config["patch_size"] = a.PatchSize;
        AddTransformer(config, a.VisionWidth, a.VisionHeads, a.VisionLayers, a.Activation);
        return config;
    }

    // Hugging Face has no modified ResNet; these names say what the graph is to whoever looks.
    private static OrderedDictionary<string, object> ModifiedResNet(ClipArchitecture a)
    {
        var config = Vision(a);
        config["image_encoder"] = "modified_resnet";
        config["stem"] = ConfigurationNames.Of(a.StemKind);
        config["stem_width"] = a.VisionWidth;
        config["stem_stride"] = a.StemStride;
        config["block"] = ConfigurationNames.Of(a.ResidualBlock);
        config["layers"] = a.StageBlocks;
        config["widths"] = a.StageWidths;
        config["pooling"] = ConfigurationNames.Of(a.ImagePooling);
        if (a.ImagePooling == ClipImagePooling.Attention)
        {
            config["num_attention_heads"] = a.VisionHeads;
        }
        return config;
    }

    private static OrderedDictionary<string, object> Vision(ClipArchitecture a) => new()
    {
        ["model_type"] = "clip_vision_model",
        ["image_size"] = a.ImageSize,
        ["num_channels"] = 3,
        ["hidden_size"] = a.ImageFeatureDimension,
        ["projection_dim"] = a.JointDimension,
    };

    private static void AddTransformer(OrderedDictionary<string, object> config, int width, int heads, int layers, ClipActivation activation)
    {
        config["intermediate_size"] = 4 * width;
        config["num_attention_heads"] = heads;
        config["num_hidden_layers"] = layers;
        config["hidden_act"] = activation == ClipActivation.QuickGelu ? "quick_gelu" : "gelu";
        config["layer_norm_eps"] = 1e-5;
    }
}
