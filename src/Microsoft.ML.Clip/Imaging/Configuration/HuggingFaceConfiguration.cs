namespace Microsoft.ML.Clip;

/// <summary>Reads Hugging Face's preprocessor_config.json, with the defaults of the image processor that it names; CLIP's where it names none.</summary>
internal static class HuggingFaceConfiguration
{
    private const int MaximumEdge = ClipImagePreprocessorSettings.MaximumEdge;

    // image_processing_*.py of transformers 4.51: what their constructors take for what a file leaves out.
    private static readonly (string Prefix, ProcessorDefaults Defaults)[] Processors =
    [
        ("CLIP", new(Crops: true, ResampleFilter.Bicubic, ChannelStatistics.Clip)),
        ("ChineseCLIP", new(Crops: true, ResampleFilter.Bicubic, ChannelStatistics.Clip)),
        ("Siglip", new(Crops: false, ResampleFilter.Bicubic, ChannelStatistics.Half)),
        ("ViT", new(Crops: false, ResampleFilter.Bilinear, ChannelStatistics.Half)),
    ];

    /// <param name="config">The file.</param>
    /// <param name="imageSize">The model's image size, which is the default for both size and crop.</param>
    public static ClipImagePreprocessorSettings Read(JsonField config, int imageSize)
    {
        var defaults = Defaults(config);
        foreach (string name in defaults.Unsaid.Where(name => !config[name].Exists && config[SwitchOf(name)].Flag(true)))
        {
            throw config[name].Error($"given, as what the image processor '{TypeOf(config)}' takes without it is not known");
        }
        (int height, int width, var mode) = ReadSize(config, imageSize, defaults.Crops);
        bool resizes = config["do_resize"].Flag(true);
        bool crops = config["do_center_crop"].Flag(defaults.Crops);
        (int cropHeight, int cropWidth) = crops ? ReadCrop(config, imageSize) : (height, width);
        if (!crops && (!resizes || mode != ClipResizeMode.Squash))
        {
            throw config["do_center_crop"].Error("true unless size is a height and a width, because the encoder takes images of one size");
        }
        return new ClipImagePreprocessorSettings
        {
            ResizeMode = resizes ? mode : ClipResizeMode.None,
            ResizeHeight = height,
            ResizeWidth = width,
            Height = cropHeight,
            Width = cropWidth,
            Filter = (ResampleFilter)config["resample"].Integer(0, (int)ResampleFilter.Hamming, fallback: (int)defaults.Filter),
            RescaleFactor = config["do_rescale"].Flag(true) ? config["rescale_factor"].PositiveNumber(1 / 255.0) : null,
            Normalization = config["do_normalize"].Flag(true) ? ReadStatistics(config, defaults.Statistics) : null,
            Convention = ClipImageConvention.HuggingFace,
        };
    }

    private static ProcessorDefaults Defaults(JsonField config)
    {
        string type = TypeOf(config);
        return Processors.Where(p => type.StartsWith(p.Prefix, StringComparison.Ordinal)).Select(p => p.Defaults).FirstOrDefault() ?? ProcessorDefaults.Unknown;
    }

    private static string TypeOf(JsonField config) => config["image_processor_type"].FindText() ?? config["feature_extractor_type"].FindText() ?? "CLIPImageProcessor";

    private static string SwitchOf(string name) => name is "size" or "resample" ? "do_resize" : "do_normalize";

    // A number, {"shortest_edge": n} or {"height": h, "width": w}. A number means the shortest edge for CLIP, as its files of 2022 have it, and both for the others.
    private static (int Height, int Width, ClipResizeMode Mode) ReadSize(JsonField config, int imageSize, bool crops)
    {
        var size = config["size"];
        if (!size.IsObject)
        {
            int edge = size.Integer(1, MaximumEdge, fallback: imageSize);
            return (edge, edge, crops || config["do_center_crop"].Flag(false) ? ClipResizeMode.Shortest : ClipResizeMode.Squash);
        }
        if (size["shortest_edge"].Exists)
        {
            int edge = size["shortest_edge"].Integer(1, MaximumEdge);
            return (edge, edge, ClipResizeMode.Shortest);
        }
        if (!size["height"].Exists || !size["width"].Exists)
        {
            throw size.Error("a number, {\"shortest_edge\": ...} or {\"height\": ..., \"width\": ...}");
        }
        return (size["height"].Integer(1, MaximumEdge), size["width"].Integer(1, MaximumEdge), ClipResizeMode.Squash);
    }

    private static (int Height, int Width) ReadCrop(JsonField config, int imageSize)
    {
        var crop = config["crop_size"];
        return crop.IsObject ? (crop["height"].Integer(1, MaximumEdge), crop["width"].Integer(1, MaximumEdge)) : crop.Edges(fallback: imageSize);
    }

    private static ChannelStatistics ReadStatistics(JsonField config, ChannelStatistics defaults) => new(
        config["image_mean"].Channels(defaults.Mean, mustBePositive: false),
        config["image_std"].Channels(defaults.StandardDeviation, mustBePositive: true));

    /// <summary>What an image processor does where a file leaves it out.</summary>
    private sealed record ProcessorDefaults(bool Crops, ResampleFilter Filter, ChannelStatistics Statistics)
    {
        /// <summary>One that is not known: what a file of it leaves out cannot be told.</summary>
        public static ProcessorDefaults Unknown { get; } =
            new(Crops: false, ResampleFilter.Bicubic, ChannelStatistics.Clip) { Unsaid = ["size", "resample", "image_mean", "image_std"] };

        /// <summary>The fields that a file has to have.</summary>
        public IReadOnlyList<string> Unsaid { get; private init; } = [];
    }
}
