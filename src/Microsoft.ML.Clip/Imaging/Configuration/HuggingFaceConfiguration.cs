namespace Microsoft.ML.Clip;

/// <summary>Reads Hugging Face's preprocessor_config.json, with the defaults of <c>CLIPImageProcessor</c>.</summary>
internal static class HuggingFaceConfiguration
{
    private const int MaximumEdge = ClipImagePreprocessorSettings.MaximumEdge;

    /// <param name="config">The file.</param>
    /// <param name="imageSize">The model's image size, which is the default for both size and crop.</param>
    public static ClipImagePreprocessorSettings Read(JsonField config, int imageSize)
    {
        (int height, int width, var mode) = ReadSize(config, imageSize);
        bool resizes = config["do_resize"].Flag(true);
        bool crops = config["do_center_crop"].Flag(IsClip(config));
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
            Filter = (ResampleFilter)config["resample"].Integer(0, (int)ResampleFilter.Hamming, fallback: (int)ResampleFilter.Bicubic),
            RescaleFactor = config["do_rescale"].Flag(true) ? config["rescale_factor"].PositiveNumber(1 / 255.0) : null,
            Normalization = config["do_normalize"].Flag(true) ? ReadStatistics(config) : null,
            Convention = ClipImageConvention.HuggingFace,
        };
    }

    // Processors of other families, such as SiglipImageProcessor, know no crop.
    private static bool IsClip(JsonField config)
    {
        string type = config["image_processor_type"].FindText() ?? config["feature_extractor_type"].FindText() ?? "CLIPImageProcessor";
        return type.StartsWith("CLIP", StringComparison.Ordinal) || type.StartsWith("ChineseCLIP", StringComparison.Ordinal);
    }

    // A number, {"shortest_edge": n} or {"height": h, "width": w}. A number means the shortest edge, as CLIP's files of 2022 have it.
    private static (int Height, int Width, ClipResizeMode Mode) ReadSize(JsonField config, int imageSize)
    {
        var size = config["size"];
        if (!size.IsObject)
        {
            int edge = size.Integer(1, MaximumEdge, fallback: imageSize);
            return (edge, edge, ClipResizeMode.Shortest);
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

    private static ChannelStatistics ReadStatistics(JsonField config) => new(
        config["image_mean"].Channels(ChannelStatistics.Clip.Mean, mustBePositive: false),
        config["image_std"].Channels(ChannelStatistics.Clip.StandardDeviation, mustBePositive: true));
}
