namespace Microsoft.ML.Clip;

/// <summary>
/// Reads open_clip's <c>preprocess_cfg</c>: a file of its own in immich's exports, a part of open_clip_config.json on the hub. Its reference,
/// open_clip's <c>image_transform</c>, is made of torchvision's transforms, so the convention is OpenAI's.
/// </summary>
internal static class OpenClipConfiguration
{
    /// <param name="config">The configuration.</param>
    /// <param name="imageSize">The model's image size, which holds if the configuration states none.</param>
    public static ClipImagePreprocessorSettings Read(JsonField config, int imageSize)
    {
        if (config["mode"].FindText() is not (null or "RGB"))
        {
            throw config["mode"].Error("\"RGB\"");
        }
        (int height, int width) = config["size"].Edges(fallback: imageSize);
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
            Fill = (byte)config["fill_color"].Integer(0, byte.MaxValue, fallback: 0),
            Normalization = new ChannelStatistics(
                config["mean"].Channels(ChannelStatistics.Clip.Mean, mustBePositive: false),
                config["std"].Channels(ChannelStatistics.Clip.StandardDeviation, mustBePositive: true)),
            Convention = ClipImageConvention.OpenAI,
        };
    }

    private static ClipResizeMode ReadResizeMode(JsonField config) => config["resize_mode"].FindText() switch
    {
        "shortest" or null => ClipResizeMode.Shortest,
        "longest" => ClipResizeMode.Longest,
        "squash" => ClipResizeMode.Squash,
        _ => throw config["resize_mode"].Error("\"shortest\", \"longest\" or \"squash\""),
    };

    private static ResampleFilter ReadFilter(JsonField config) => config["interpolation"].FindText() switch
    {
        // 'random' is for training; the reference takes bicubic for inference.
        "bicubic" or "random" or null => ResampleFilter.Bicubic,
        "bilinear" => ResampleFilter.Bilinear,
        "nearest" => ResampleFilter.Nearest,
        _ => throw config["interpolation"].Error("\"bicubic\", \"bilinear\" or \"nearest\""),
    };
}
