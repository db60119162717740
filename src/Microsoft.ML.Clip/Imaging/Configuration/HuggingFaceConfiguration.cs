namespace Microsoft.ML.Clip;

/// <summary>Reads Hugging Face's preprocessor_config.json, with the defaults of the image processor that it names; CLIP's where it names none.</summary>
internal static class HuggingFaceConfiguration
{
    private const int MaximumEdge = ClipImagePreprocessorSettings.MaximumEdge;

    private static readonly ChannelStatistics Half = new([0.5f, 0.5f, 0.5f], [0.5f, 0.5f, 0.5f]);

    // image_processing_*.py of transformers 4.51: what their constructors take for what a file leaves out.
    private static readonly (string Prefix, ProcessorDefaults Defaults)[] Processors =
    [
        ("CLIP", new(Crops: true, ResampleFilter.Bicubic, ChannelStatistics.Clip)),
        ("ChineseCLIP", new(Crops: true, ResampleFilter.Bicubic, ChannelStatistics.Clip)),
        ("Siglip", new(Crops: false, ResampleFilter.Bicubic, Half)),
        ("ViT", new(Crops: false, ResampleFilter.Bilinear, Half)),
    ];

    /// <param name="config">The file.</param>
    /// <param name="imageSize">The model's image size, which is the default for both size and crop.</param>
    public static ClipImagePreprocessorSettings Read(JsonField config, int imageSize)
    {
        var defaults = Defaults(config);
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
            Filter = (ResampleFilter)config["resample"].Integer(0, (int)ResampleFilter.Hamming, fallback: resizes ? (int?)defaults.Filter : 0),
            RescaleFactor = config["do_rescale"].Flag(true) ? config["rescale_factor"].PositiveNumber(1 / 255.0) : null,
            Normalization = config["do_normalize"].Flag(true) ? ReadStatistics(config, defaults.Statistics) : null,
            Convention = ClipImageConvention.HuggingFace,
        };
    }

    private static ProcessorDefaults Defaults(JsonField config)
    {
        string type = config["image_processor_type"].FindText() ?? config["feature_extractor_type"].FindText() ?? "CLIPImageProcessor";
        return Processors.Where(p => type.StartsWith(p.Prefix, StringComparison.Ordinal)).Select(p => p.Defaults).FirstOrDefault() ?? ProcessorDefaults.Unknown;
    }

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

    private static ChannelStatistics ReadStatistics(JsonField config, ChannelStatistics? defaults)
    {
        foreach (string name in (string[])["image_mean", "image_std"])
        {
            if (defaults is null && !config[name].Exists)
            {
                throw config[name].Error("three numbers, as this kind of image processor is not known");
            }
        }
        return new(config["image_mean"].Channels(defaults?.Mean ?? [], mustBePositive: false),
            config["image_std"].Channels(defaults?.StandardDeviation ?? [], mustBePositive: true));
    }

    /// <summary>What an image processor does where a file leaves it out; null where that is not known.</summary>
    private sealed record ProcessorDefaults(bool Crops, ResampleFilter? Filter, ChannelStatistics? Statistics)
    {
        public static ProcessorDefaults Unknown { get; } = new(Crops: false, Filter: null, Statistics: null);
    }
}
