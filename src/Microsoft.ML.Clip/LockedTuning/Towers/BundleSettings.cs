using System.Text.Json;

namespace Microsoft.ML.Clip;

/// <summary>The JSON files of a composed model, in Hugging Face's words.</summary>
internal static class BundleSettings
{
    /// <summary>Where a model's towers lie.</summary>
    public const string ImageTower = $"{KnownFiles.OnnxFolder}/{KnownFiles.ImageTower}{KnownFiles.OnnxExtension}",
        TextTower = $"{KnownFiles.OnnxFolder}/{KnownFiles.TextTower}{KnownFiles.OnnxExtension}";

    /// <summary>For files that people look into.</summary>
    public static readonly JsonSerializerOptions Readable = new() { WriteIndented = true, NewLine = "\n" };

    /// <summary>config.json: Hugging Face's kind for locked-image tuning's models, two encoders of any kinds side by side.</summary>
    /// <param name="logitScale">exp(t), if there is one.</param>
    /// <param name="textType">What kind of model the text tower comes from; null for one of its own.</param>
    /// <param name="contextLength">How many ids a text becomes, if the tokenizer's files do not say.</param>
    /// <param name="imageSize">The edge of the images.</param>
    /// <param name="openClipText">What open_clip says of the text tower, word for word.</param>
    public static byte[] Model(float? logitScale, string? textType = null, int? contextLength = null, int? imageSize = null, JsonElement? openClipText = null)
    {
        var config = new OrderedDictionary<string, object>();
        if (openClipText is null)
        {
            config["model_type"] = ClipFamily.DualEncoderType;
        }
        if (logitScale is { } scale)
        {
            config[LogitScaleFinder.RecordedKey] = scale;
        }
        var text = new OrderedDictionary<string, object>();
        if (textType is not null)
        {
            text["model_type"] = textType;
        }
        if (contextLength is { } length)
        {
            text["max_position_embeddings"] = length;
        }
        if (text.Count > 0)
        {
            config["text_config"] = text;
        }
        if (imageSize is { } size)
        {
            config["vision_config"] = new { image_size = size, num_channels = 3 };
        }
        if (openClipText is { } words)
        {
            config["text_cfg"] = words;
        }
        return JsonSerializer.SerializeToUtf8Bytes(config, Readable);
    }

    /// <summary>The name of <see cref="Preprocessor"/>'s file: open_clip has words for what Hugging Face has not.</summary>
    public static string PreprocessorName(ClipImagePreprocessorSettings settings) =>
        IsOpenClip(settings) ? KnownFiles.OpenClipPreprocessor : KnownFiles.Preprocessor;

    /// <summary>How images are prepared.</summary>
    public static byte[] Preprocessor(ClipImagePreprocessorSettings s)
    {
        if (IsOpenClip(s))
        {
            var statistics = s.Normalization ?? ChannelStatistics.Clip;
            return JsonSerializer.SerializeToUtf8Bytes(
                new
                {
                    size = new[] { s.Height, s.Width },
                    mode = "RGB",
                    mean = statistics.Mean,
                    std = statistics.StandardDeviation,
                    interpolation = s.Filter.ToString().ToLowerInvariant(),
                    resize_mode = s.ResizeMode.ToString().ToLowerInvariant(),
                    fill_color = s.Fill,
                },
                Readable);
        }
        bool isSquash = s.ResizeMode == ClipResizeMode.Squash;
        var normalization = s.Normalization ?? new ChannelStatistics([0, 0, 0], [1, 1, 1]);
        return JsonSerializer.SerializeToUtf8Bytes(
            new
            {
                crop_size = new { height = s.Height, width = s.Width },
                do_center_crop = !isSquash || (s.Height, s.Width) != (s.ResizeHeight, s.ResizeWidth),
                do_convert_rgb = true,
                do_normalize = s.Normalization is not null,
                do_rescale = s.RescaleFactor is not null,
                do_resize = s.ResizeMode != ClipResizeMode.None,
                image_mean = normalization.Mean,
                image_processor_type = "CLIPImageProcessor",
                image_std = normalization.StandardDeviation,
                resample = (int)s.Filter,
                rescale_factor = s.RescaleFactor ?? 1,
                size = isSquash ? (object)new { height = s.ResizeHeight, width = s.ResizeWidth }
                    : new { shortest_edge = Math.Min(s.ResizeHeight, s.ResizeWidth) },
            },
            Readable);
    }

    private static bool IsOpenClip(ClipImagePreprocessorSettings s) => s.Convention == ClipImageConvention.OpenAI;
}
