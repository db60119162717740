using System.Text.Json;

namespace Microsoft.ML.Clip.Tests;

/// <summary>The files of a <see cref="TinyClip"/> directory, in the layout of Hugging Face or of immich.</summary>
internal static class TinyClipFiles
{
    public static void Write(TinyClip clip, string directory)
    {
        var options = clip.Options;
        if (options.Immich)
        {
            Save(options.WithImageTower, "visual/model", data => TinyClipGraphs.Image(clip, data, normalized: true));
            Save(options.WithTextTower, "textual/model", data => TinyClipGraphs.Text(clip, data, normalized: true));
            Json(directory, "config.json", OpenClipConfig(options));
            Json(directory, "visual/preprocess_cfg.json", OpenClipPreprocessing(options));
        }
        else
        {
            bool split = !options.Combined;
            Save(options.Combined, "onnx/model" + options.Suffix, data => TinyClipGraphs.Both(clip, data));
            Save(split && options.WithImageTower, "onnx/vision_model" + options.Suffix, data => TinyClipGraphs.Image(clip, data, options.Normalized));
            Save(split && options.WithTextTower, "onnx/text_model" + options.Suffix, data => TinyClipGraphs.Text(clip, data, options.Normalized));
            Json(directory, "config.json", HuggingFaceConfig(options));
            Json(directory, "preprocessor_config.json", HuggingFacePreprocessing(options));
        }
        if (options.WithTokenizer)
        {
            TinyTokenizerFiles.Write(Path.Combine(directory, options.Immich ? "textual" : "."), options.ContextLength);
        }

        void Save(bool wanted, string name, Func<string?, TinyOnnx> build)
        {
            if (wanted)
            {
                string path = Path.Combine(directory, name + ".onnx"), data = Path.GetFileName(path) + "_data";
                var graph = build(options.ExternalData ? options.ExternalDataLocation ?? data : null);
                Directory.CreateDirectory(Path.GetDirectoryName(path)!);
                File.WriteAllBytes(path, graph.ToBytes());
                if (options.ExternalData)
                {
                    File.WriteAllBytes(Path.Combine(Path.GetDirectoryName(path)!, data), graph.ExternalData);
                }
            }
        }
    }

    private static void Json(string directory, string name, object value)
    {
        string path = Path.Combine(directory, name);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(path, JsonSerializer.Serialize(value));
    }

    private static object HuggingFaceConfig(TinyClipOptions options) => new
    {
        model_type = "clip",
        projection_dim = options.EmbeddingDimension,
        logit_scale_init_value = 2.6592, // what training began with: never the scale of a trained model
        text_config = new { max_position_embeddings = options.ContextLength, vocab_size = TinyTokenizerFiles.VocabularySize, eos_token_id = 2 },
        vision_config = new { image_size = options.ImageSize, hidden_size = TinyClip.ImageWidth },
    };

    private static object OpenClipConfig(TinyClipOptions options) => new
    {
        embed_dim = options.EmbeddingDimension,
        vision_cfg = new { image_size = options.ImageSize, layers = 1, width = TinyClip.ImageWidth },
        text_cfg = new { context_length = options.ContextLength, vocab_size = TinyTokenizerFiles.VocabularySize },
    };

    private static object HuggingFacePreprocessing(TinyClipOptions options) => new
    {
        image_processor_type = "CLIPImageProcessor",
        do_resize = true,
        size = new { shortest_edge = options.ImageSize },
        resample = 3,
        do_center_crop = true,
        crop_size = new { height = options.ImageSize, width = options.ImageSize },
        do_rescale = true,
        rescale_factor = 1 / 255.0,
        do_normalize = true,
        do_convert_rgb = true,
        image_mean = new[] { 0.48145466, 0.4578275, 0.40821073 },
        image_std = new[] { 0.26862954, 0.26130258, 0.27577711 },
    };

    private static object OpenClipPreprocessing(TinyClipOptions options) => new
    {
        size = new[] { options.ImageSize, options.ImageSize },
        mode = "RGB",
        mean = new[] { 0.48145466, 0.4578275, 0.40821073 },
        std = new[] { 0.26862954, 0.26130258, 0.27577711 },
        interpolation = "bicubic",
        resize_mode = "shortest",
        fill_color = 0,
    };
}
