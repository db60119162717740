namespace Microsoft.ML.Clip;

/// <summary>Reads Hugging Face's preprocessor_config.json, with the defaults of <c>CLIPImageProcessor</c>.</summary>
internal static class HuggingFaceConfiguration
{
    private const int MaximumEdge = ClipImagePreprocessorSettings.MaximumEdge;

    /// <param name="config">The file.</param>
    /// <param name="imageSize">The model's image size, which is the default for both size and crop.</param>
    public static ClipImagePreprocessorSettings Read(JsonSection config, int imageSize)
    {
        (int height, int width, var mode) = ReadSize(config, imageSize);
        bool resizes = config.Boolean("do_resize", true);
        bool crops = config.Boolean("do_center_crop", IsClip(config));
        (int cropHeight, int cropWidth) = crops ? ReadCrop(config, imageSize) : (height, width);
        if (!crops && (!resizes || mode != ClipResizeMode.Squash))
        {
            throw config.Unexpected("do_center_crop", "true unless size is a height and a width, because the encoder takes images of one size");
        }
        return new ClipImagePreprocessorSettings
        {
            ResizeMode = resizes ? mode : ClipResizeMode.None,
            ResizeHeight = height,
            ResizeWidth = width,
            Height = cropHeight,
            Width = cropWidth,
            Filter = config.Has("resample") ? (ResampleFilter)config.Integer("resample", 0, (int)ResampleFilter.Hamming) : ResampleFilter.Bicubic,
            RescaleFactor = config.Boolean("do_rescale", true) ? config.PositiveNumber("rescale_factor", 1 / 255.0) : null,
            Normalization = config.Boolean("do_normalize", true) ? ReadStatistics(config) : null,
            Convention = ClipImageConvention.HuggingFace,
        };
    }

    // Processors of other families, such as SiglipImageProcessor, know no crop.
    private static bool IsClip(JsonSection config)
    {
        string type = config.Text("image_processor_type", config.Text("feature_extractor_type", "CLIPImageProcessor"));
        return type.StartsWith("CLIP", StringComparison.Ordinal) || type.StartsWith("ChineseCLIP", StringComparison.Ordinal);
    }

    // A number, {"shortest_edge": n} or {"height": h, "width": w}. A number means the shortest edge, as CLIP's files of 2022 have it.
    private static (int Height, int Width, ClipResizeMode Mode) ReadSize(JsonSection config, int imageSize)
    {
        if (!config.Has("size"))
        {
            return (imageSize, imageSize, ClipResizeMode.Shortest);
        }
        if (!config.IsObject("size"))
        {
            int edge = config.Integer("size", 1, MaximumEdge);
            return (edge, edge, ClipResizeMode.Shortest);
        }
        var size = config.Section("size");
        if (size.Has("shortest_edge"))
        {
            int edge = size.Integer("shortest_edge", 1, MaximumEdge);
            return (edge, edge, ClipResizeMode.Shortest);
        }
        if (!size.Has("height") || !size.Has("width"))
        {
            throw config.Unexpected("size", "a number, {\"shortest_edge\": ...} or {\"height\": ..., \"width\": ...}");
        }
        return (size.Integer("height", 1, MaximumEdge), size.Integer("width", 1, MaximumEdge), ClipResizeMode.Squash);
    }

    private static (int Height, int Width) ReadCrop(JsonSection config, int imageSize)
    {
        if (!config.Has("crop_size"))
        {
            return (imageSize, imageSize);
        }
        if (config.IsObject("crop_size"))
        {
            var crop = config.Section("crop_size");
            return (crop.Integer("height", 1, MaximumEdge), crop.Integer("width", 1, MaximumEdge));
        }
        return config.IntegerPair("crop_size", 1, MaximumEdge);
    }

    private static ChannelStatistics ReadStatistics(JsonSection config) => new(
        config.Channels("image_mean", ChannelStatistics.Clip.Mean, mustBePositive: false),
        config.Channels("image_std", ChannelStatistics.Clip.StandardDeviation, mustBePositive: true));
}
