namespace Microsoft.ML.Clip;

/// <summary>
/// What the JSON files beside weights say of a network and no shape does: heads, activation, and for networks that only this library has all of it. Read are
/// Hugging Face's config.json, <c>ModelConfiguration</c>'s own words in it, and open_clip_config.json.
/// </summary>
internal sealed class WeightConfiguration
{
    private const double Epsilon = 1e-5;

    // What transformers take where config.json is silent, as its newer versions write only what differs (CLIPTextConfig, CLIPVisionConfig).
    private const int TransformersTextHeads = 8, TransformersVisionHeads = 12;
    private const string TransformersKind = "clip", TransformersActivation = "quick_gelu";

    // Networks of other kinds whose files look alike, and what people call them.
    private static readonly Dictionary<string, string> OtherKinds = new()
    {
        ["siglip"] = "SigLIP",
        ["siglip2"] = "SigLIP 2",
        ["chinese_clip"] = "Chinese CLIP",
        ["altclip"] = "AltCLIP",
        ["clipseg"] = "CLIPSeg",
        ["align"] = "ALIGN",
        ["jina_clip"] = "Jina CLIP",
        ["metaclip_2"] = "MetaCLIP 2",
        ["clip_vision_model"] = "the image tower of CLIP alone",
        ["clip_text_model"] = "the text tower of CLIP alone",
    };

    private readonly JsonField _config, _openClip, _preprocessor;

    private WeightConfiguration(JsonField config, JsonField openClip, JsonField preprocessor) =>
        (_config, _openClip, _preprocessor) = (config, openClip, preprocessor);

    private JsonField Vision => _config["vision_config"];

    private JsonField Text => _config["text_config"];

    private bool IsTransformers => _config["model_type"].FindText() == TransformersKind;

    /// <summary>Reads what stands beside a file of weights; nothing if there is nothing.</summary>
    /// <exception cref="InvalidDataException">A file is no JSON, or a property is not what it should be; the message names both.</exception>
    /// <exception cref="NotSupportedException">The model is of another kind than CLIP; the message names it.</exception>
    public static WeightConfiguration Beside(string weights)
    {
        string folder = Path.GetDirectoryName(Path.GetFullPath(weights))!;
        var result = new WeightConfiguration(Open(KnownFiles.Configuration), Open(KnownFiles.OpenClipModel), Open(KnownFiles.Preprocessor));
        result.CheckKind();
        return result;

        JsonField Open(string name)
        {
            string path = Path.Combine(folder, name);
            return File.Exists(path) ? JsonFile.OpenPath(path, $"The file {path}") : JsonField.Missing;
        }
    }

    /// <summary>The architecture that shapes have told, with what they do not tell.</summary>
    public ClipArchitecture Complete(ClipArchitecture fromShapes) =>
        WithStatistics(_config.Exists ? WithHuggingFace(fromShapes) : _openClip.Exists ? WithOpenClip(fromShapes) : fromShapes);

    /// <summary>The architecture of a network that no other library has and no shape tells; null for all others.</summary>
    public ClipArchitecture? Own()
    {
        bool isResNet = Vision["image_encoder"].FindText() == "modified_resnet", isCbow = Text["text_encoder"].FindText() == "cbow";
        if (!isResNet && !isCbow)
        {
            return null;
        }
        var a = new ClipArchitecture
        {
            JointDimension = Number(_config["projection_dim"]),
            ImageSize = Number(Vision["image_size"]),
            VocabularySize = Number(Text["vocab_size"]),
            ContextLength = Number(Text["max_position_embeddings"]),
            TextWidth = Number(Text["hidden_size"]),
            Activation = Activation(Text["hidden_act"], Activation(Vision["hidden_act"], ClipActivation.QuickGelu)),
        };
        a = isCbow ? a with { Text = ClipTextKind.Cbow } : a with { TextHeads = Number(Text["num_attention_heads"]), TextLayers = Number(Text["num_hidden_layers"]) };
        return WithStatistics(isResNet
            ? a with
            {
                Vision = ClipVisionKind.ModifiedResNet,
                StemKind = Choice<ClipStem>(Vision["stem"]),
                VisionWidth = Number(Vision["stem_width"]),
                StemStride = Number(Vision["stem_stride"]),
                ResidualBlock = Choice<ClipResidualBlock>(Vision["block"]),
                StageBlocks = [.. Vision["layers"].Items().Select(Number)],
                StageWidths = [.. Vision["widths"].Items().Select(Number)],
                ImagePooling = Choice<ClipImagePooling>(Vision["pooling"]),
                VisionHeads = Vision["num_attention_heads"].Integer(1, int.MaxValue, a.VisionHeads),
            }
            : a with
            {
                PatchSize = Number(Vision["patch_size"]),
                VisionWidth = Number(Vision["hidden_size"]),
                VisionHeads = Number(Vision["num_attention_heads"]),
                VisionLayers = Number(Vision["num_hidden_layers"]),
            });
    }

    private void CheckKind()
    {
        if (_config["model_type"].FindText() is { } kind && kind != TransformersKind)
        {
            string name = OtherKinds.TryGetValue(kind, out string? known) ? $"{known} ('{kind}')" : $"'{kind}'";
            throw new NotSupportedException($"{_config.File} says that the model is {name}; only weights of CLIP ('{TransformersKind}') are read.");
        }
        if (_config["vision_config"] is { IsObject: true } vision && _config["text_config"] is { IsObject: true } text)
        {
            foreach (var epsilon in new[] { vision["layer_norm_eps"], text["layer_norm_eps"] })
            {
                if (Math.Abs(epsilon.Number(Epsilon) - Epsilon) > Epsilon * 1e-3)
                {
                    throw epsilon.Error("1e-5, as in all of CLIP's kind");
                }
            }
        }
    }

    private ClipArchitecture WithHuggingFace(ClipArchitecture a)
    {
        var silent = IsTransformers ? Activation(TransformersActivation)!.Value : a.Activation;
        ClipActivation image = Activation(Vision["hidden_act"], silent), text = Activation(Text["hidden_act"], IsTransformers ? silent : image);
        return image == text
            ? a with
            {
                VisionHeads = Vision["num_attention_heads"].Integer(1, int.MaxValue, fallback: IsTransformers ? TransformersVisionHeads : a.VisionHeads),
                TextHeads = Text["num_attention_heads"].Integer(1, int.MaxValue, fallback: IsTransformers ? TransformersTextHeads : a.TextHeads),
                Activation = image,
            }
            : throw new NotSupportedException($"{_config.File} has {image} for the image tower and {text} for the text tower ('hidden_act'); only one activation for both is read.");
    }

    /// <summary>open_clip's models compute with GELU unless they say otherwise (open_clip/model.py, CLIPVisionCfg and CLIPTextCfg).</summary>
    private ClipArchitecture WithOpenClip(ClipArchitecture a)
    {
        var model = _openClip["model_cfg"];
        return a with
        {
            VisionHeads = model["vision_cfg"]["head_width"].FindInteger() is { } width and > 0 ? Math.Max(1, a.VisionWidth / width) : a.VisionHeads,
            TextHeads = model["text_cfg"]["heads"].Integer(1, int.MaxValue, fallback: a.TextHeads),
            Activation = model["quick_gelu"].Flag(fallback: false) ? ClipActivation.QuickGelu : ClipActivation.Gelu,
        };
    }

    private ClipArchitecture WithStatistics(ClipArchitecture a)
    {
        var source = _preprocessor.Exists ? _preprocessor : _openClip["preprocess_cfg"];
        var (mean, deviation) = _preprocessor.Exists ? (source["image_mean"], source["image_std"]) : (source["mean"], source["std"]);
        return a with { ImageMean = Channels(mean) ?? a.ImageMean, ImageStandardDeviation = Channels(deviation) ?? a.ImageStandardDeviation };
    }

    private static System.Collections.Immutable.ImmutableArray<double>? Channels(JsonField field) =>
        field.FindItems().Select(v => v.Number(0)).ToArray() is { Length: 3 } values ? [.. values] : null;

    private static int Number(JsonField field) => field.Integer(1, int.MaxValue);

    private static ClipActivation Activation(JsonField field, ClipActivation fallback) =>
        field.FindText() is not { } name ? fallback : Activation(name) ?? throw field.Error("'quick_gelu' or 'gelu'");

    private static ClipActivation? Activation(string name) => name switch
    {
        TransformersActivation => ClipActivation.QuickGelu,
        "gelu" => ClipActivation.Gelu,
        _ => null,
    };

    private static T Choice<T>(JsonField field)
        where T : struct, Enum =>
        Enum.GetValues<T>().Cast<T?>().FirstOrDefault(value => ConfigurationNames.Of(value!.Value) == field.Text())
            ?? throw field.Error(string.Join(" or ", Enum.GetValues<T>().Select(value => $"'{ConfigurationNames.Of(value)}'")));
}

/// <summary>How config.json spells the choices of an architecture.</summary>
internal static class ConfigurationNames
{
    public static string Of<T>(T value)
        where T : struct, Enum => System.Text.Json.JsonNamingPolicy.SnakeCaseLower.ConvertName(value.ToString());
}
