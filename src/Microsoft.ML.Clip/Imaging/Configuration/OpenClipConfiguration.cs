namespace Microsoft.ML.Clip;

/// <summary>
/// Reads open_clip's <c>preprocess_cfg</c>: a file of its own in immich's exports, a part of open_clip_config.json on the hub. Its reference,
/// open_clip's <c>image_transform</c>, is made of torchvision's transforms, so the convention is OpenAI's.
/// </summary>
internal static class OpenClipConfiguration
{
    /// <param name="config">The configuration.</param>
    /// <param name="imageSize">The model's image size, which holds if the configuration states none.</param>
    public static ClipImagePreprocessorSettings Read(JsonSection config, int imageSize)
    {
        if (config.Text("mode", "RGB") != "RGB")
        {
            throw config.Unexpected("mode", "\"RGB\"");
        }
        (int height, int width) = config.Has("size") ? config.IntegerPair("size", 1, ClipImagePreprocessorSettings.MaximumEdge) : (imageSize, imageSize);
        var mode = ReadResizeMode(config);
        var filter = ReadFilter(config);
        return new ClipImagePreprocessorSettings
        {
            ResizeMode = mode,
            ResizeHeight = height,
            ResizeWidth = width,
            Height = height,
            Width = width,
            // For a target that is not square, open_clip's 'shortest' is ResizeKeepRatio(image_size), to which it passes no interpolation.
            Filter = mode == ClipResizeMode.Shortest && height != width ? ResampleFilter.Bicubic : filter,
            // Only 'longest' leaves room to fill.
            Fill = config.Has("fill_color") ? (byte)config.Integer("fill_color", 0, byte.MaxValue) : (byte)0,
            Normalization = new ChannelStatistics(
                config.Channels("mean", ChannelStatistics.Clip.Mean, mustBePositive: false),
                config.Channels("std", ChannelStatistics.Clip.StandardDeviation, mustBePositive: true)),
            Convention = ClipImageConvention.OpenAI,
        };
    }

    private static ClipResizeMode ReadResizeMode(JsonSection config) => config.Text("resize_mode", "shortest") switch
    {
        "shortest" => ClipResizeMode.Shortest,
        "longest" => ClipResizeMode.Longest,
        "squash" => ClipResizeMode.Squash,
        _ => throw config.Unexpected("resize_mode", "\"shortest\", \"longest\" or \"squash\""),
    };

    private static ResampleFilter ReadFilter(JsonSection config) => config.Text("interpolation", "bicubic") switch
    {
        // 'random' is for training; the reference takes bicubic for inference.
        "bicubic" or "random" => ResampleFilter.Bicubic,
        "bilinear" => ResampleFilter.Bilinear,
        "nearest" => ResampleFilter.Nearest,
        _ => throw config.Unexpected("interpolation", "\"bicubic\", \"bilinear\" or \"nearest\""),
    };
}
