using System.Globalization;

namespace Microsoft.ML.Clip.Tests;

/// <summary>The JSON files beside the graphs, as the models' repositories and immich's bundles have them; numbers are those of the small models.</summary>
internal static class FamilyFiles
{
    public const string OpenAIMean = "[0.48145466, 0.4578275, 0.40821073]", OpenAIDeviation = "[0.26862954, 0.26130258, 0.27577711]", Half = "[0.5, 0.5, 0.5]";

    /// <summary>CLIP's preprocessor_config.json.</summary>
    public const string ClipPreprocessor = $$"""
        { "crop_size": { "height": 32, "width": 32 }, "do_center_crop": true, "do_convert_rgb": true, "do_normalize": true, "do_rescale": true, "do_resize": true,
          "image_mean": {{OpenAIMean}}, "image_processor_type": "CLIPImageProcessor", "image_std": {{OpenAIDeviation}}, "resample": 3,
          "rescale_factor": 0.00392156862745098, "size": { "shortest_edge": 32 } }
        """;

    /// <summary>Apple's models see pixels from 0 to 1.</summary>
    public const string MobileClipPreprocessor = """
        { "crop_size": { "height": 32, "width": 32 }, "do_center_crop": true, "do_convert_rgb": true, "do_normalize": false, "do_rescale": true, "do_resize": true,
          "image_processor_type": "CLIPFeatureExtractor", "resample": 2, "rescale_factor": 0.00392156862745098, "size": { "shortest_edge": 32 } }
        """;

    /// <summary>As the exports of MobileCLIP 2 have it.</summary>
    public const string MobileClip2Preprocessor = """
        { "crop_size": { "height": 32, "width": 32 }, "do_center_crop": true, "do_convert_rgb": true, "do_normalize": true, "do_rescale": true, "do_resize": true,
          "image_mean": [0.0, 0.0, 0.0], "image_processor_type": "CLIPImageProcessor", "image_std": [1.0, 1.0, 1.0], "resample": 3,
          "rescale_factor": 0.00392156862745098, "size": { "shortest_edge": 32 } }
        """;

    /// <summary>Chinese-CLIP's: a height and a width, and a crop that cuts nothing.</summary>
    public const string ChinesePreprocessor = $$"""
        { "crop_size": { "height": 32, "width": 32 }, "do_center_crop": true, "do_convert_rgb": true, "do_normalize": true, "do_rescale": true, "do_resize": true,
          "image_mean": {{OpenAIMean}}, "image_processor_type": "ChineseCLIPImageProcessor", "image_std": {{OpenAIDeviation}}, "resample": 3,
          "rescale_factor": 0.00392156862745098, "size": { "height": 32, "width": 32 } }
        """;

    /// <summary>Jina's own: open_clip's words in Hugging Face's file.</summary>
    public const string JinaPreprocessor = $$"""
        { "auto_map": { "AutoImageProcessor": "jinaai/jina-clip-implementation--processing_clip.JinaCLIPImageProcessor", "AutoProcessor": "jinaai/jina-clip-implementation--processing_clip.JinaCLIPProcessor" },
          "fill_color": 0, "image_processor_type": "JinaCLIPImageProcessor", "interpolation": "bicubic", "mean": {{OpenAIMean}}, "processor_class": "JinaCLIPProcessor",
          "resize_mode": "shortest", "size": 32, "std": {{OpenAIDeviation}} }
        """;

    /// <summary>SigLIP's: 3 is bicubic, 2, which SigLIP 2 has, bilinear.</summary>
    public static string SiglipPreprocessor(int resample) => $$"""
        { "do_convert_rgb": null, "do_normalize": true, "do_rescale": true, "do_resize": true, "image_mean": {{Half}}, "image_processor_type": "SiglipImageProcessor",
          "image_std": {{Half}}, "processor_class": "SiglipProcessor", "resample": {{resample}}, "rescale_factor": 0.00392156862745098, "size": { "height": 32, "width": 32 } }
        """;

    /// <summary>open_clip's preprocess_cfg.json.</summary>
    public static string OpenClipPreprocessor(string resizeMode = "shortest", string interpolation = "bicubic", string mean = OpenAIMean,
        string deviation = OpenAIDeviation) => $$"""
        { "size": [32, 32], "mode": "RGB", "mean": {{mean}}, "std": {{deviation}}, "interpolation": "{{interpolation}}", "resize_mode": "{{resizeMode}}", "fill_color": 0 }
        """;

    /// <summary>Hugging Face's config.json.</summary>
    public static string Configuration(FamilyModel model, string type, string text = "", string more = "") => $$"""
        { "model_type": "{{type}}", "logit_scale_init_value": 2.6592, "projection_dim": {{Number(model.Dimension)}}{{more}},
          "text_config": { "model_type": "{{type}}_text_model", "hidden_size": {{Number(FamilyModel.TextWidth)}}, "vocab_size": {{Number(model.Vocabulary)}}{{text}} },
          "vision_config": { "model_type": "{{type}}_vision_model", "hidden_size": {{Number(model.ImageWidth)}}, "image_size": 32, "patch_size": 8 } }
        """;

    /// <summary>SigLIP's config.json, which says less: the classes' defaults hold for the rest.</summary>
    public static string SiglipConfiguration(FamilyModel model, string type = "siglip") => $$"""
        { "architectures": ["SiglipModel"], "initializer_factor": 1.0, "model_type": "{{type}}",
          "text_config": { "model_type": "{{type}}_text_model", "hidden_size": 8, "vocab_size": {{Number(model.Vocabulary)}} },
          "vision_config": { "model_type": "{{type}}_vision_model", "hidden_size": 8, "image_size": 32, "patch_size": 8 } }
        """;

    /// <summary>open_clip's model configuration.</summary>
    /// <param name="model">The model.</param>
    /// <param name="text">What text_cfg holds.</param>
    /// <param name="more">What stands beside the towers, with a comma behind.</param>
    public static string OpenClip(FamilyModel model, string text, string more = "") => $$"""
        { "embed_dim": {{Number(model.Dimension)}}, {{more}} "vision_cfg": { "image_size": 32, "layers": 12, "width": {{Number(model.ImageWidth)}}, "patch_size": 8 }, "text_cfg": { {{text}} } }
        """;

    /// <summary>open_clip's for SigLIP and its kin: what training began with, never what it came to.</summary>
    public static string OpenClipSiglip(FamilyModel model, string text) => OpenClip(model, text, """ "init_logit_bias": -10, "custom_text": true,""");

    private static string Number(int value) => value.ToString(CultureInfo.InvariantCulture);
}
