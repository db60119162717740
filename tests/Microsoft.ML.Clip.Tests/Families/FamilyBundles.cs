namespace Microsoft.ML.Clip.Tests;

/// <summary>The bundles of every family, by the names that they have in Golden/families.json.</summary>
internal static class FamilyBundles
{
    /// <summary>t in the whole graphs: exp(t) is the logit scale.</summary>
    public const float ClipT = 3.5f, SiglipT = 2.5f, SiglipBias = -2.25f;

    private const string ClipText = """ "context_length": 77, "vocab_size": 527, "width": 8, "heads": 1, "layers": 1""";
    private const string MobileClipText = ClipText + """, "no_causal_mask": true""";
    private const string SiglipText = """ "context_length": 64, "width": 8, "heads": 1, "layers": 1, "no_causal_mask": true, "proj_bias": true, "pool_type": "last", "norm_kwargs": {"eps": 1e-6},""";
    private const string Siglip1Text = $$"""{{SiglipText}} "vocab_size": 11, "hf_tokenizer_name": "timm/ViT-B-16-SigLIP", "tokenizer_kwargs": { "clean": "canonicalize" }""";
    private const string Siglip2Text = $$"""{{SiglipText}} "vocab_size": 300, "hf_tokenizer_name": "timm/ViT-B-32-SigLIP2-256", "tokenizer_kwargs": { "clean": "canonicalize" }""";
    private const string NllbText = """
        "hf_model_name": "facebook/nllb-200-distilled-600M", "hf_tokenizer_name": "facebook/nllb-200-distilled-600M", "hf_proj_type": "linear", "hf_pooler_type": "cls_pooler"
        """;
    private const string XlmRText = """
        "hf_model_name": "xlm-roberta-base", "hf_tokenizer_name": "xlm-roberta-base", "hf_proj_type": "mlp", "hf_pooler_type": "mean_pooler"
        """;
    private const string BiomedText = """
        "hf_model_name": "microsoft/BiomedNLP-BiomedBERT-base-uncased-abstract", "hf_tokenizer_name": "microsoft/BiomedNLP-BiomedBERT-base-uncased-abstract", "hf_proj_type": "mlp",
        "hf_pooler_type": "cls_last_hidden_state_pooler", "context_length": 256
        """;
    private const string ImageNetMean = "[0.485, 0.456, 0.406]", ImageNetDeviation = "[0.229, 0.224, 0.225]";
    private const string NoLimit = "1000000000000000019884624838656";

    private static readonly string SquashedHalf = FamilyFiles.OpenClipPreprocessor("squash", mean: FamilyFiles.Half, deviation: FamilyFiles.Half);

    public static IReadOnlyDictionary<string, FamilyBundle> All { get; } =
        Clip().Concat(Siglip()).Concat(MobileClip()).Concat(XlmR()).Concat(Bert()).Concat(Nllb()).ToDictionary();

    private static Dictionary<string, FamilyBundle> Clip() => new()
    {
        ["clip-split"] = new(f => f.Split(FamilyModel.Clip).Json("preprocessor_config.json", FamilyFiles.ClipPreprocessor)
            .Json("config.json", FamilyFiles.Configuration(FamilyModel.Clip, "clip", """, "max_position_embeddings": 77, "eos_token_id": 2""")).Tokenizer(t => FamilyTokenizers.Clip(t))),
        ["clip-whole"] = new(f => f.Graph("model.onnx", FamilyGraphs.Whole(FamilyModel.Clip, takesMask: true, ClipT)).Json("preprocessor_config.json", FamilyFiles.ClipPreprocessor)
            .Json("config.json", FamilyFiles.Configuration(FamilyModel.Clip, "clip", """, "max_position_embeddings": 77, "eos_token_id": 2""")).Tokenizer(t => FamilyTokenizers.Clip(t))),
        ["clip-sentence-transformers"] = new(f => f.Graph("model.onnx", FamilyGraphs.Towers(FamilyModel.Clip, takesMask: true, normalized: false))
            .Json("preprocessor_config.json", FamilyFiles.ClipPreprocessor)
            .Json("config.json", FamilyFiles.Configuration(FamilyModel.Clip, "clip", """, "max_position_embeddings": 77""")).Tokenizer(t => FamilyTokenizers.Clip(t))),
        ["clip-immich"] = new(f => f.Immich(FamilyModel.Clip, FamilyFiles.OpenClipPreprocessor(), FamilyFiles.OpenClip(FamilyModel.Clip, ClipText),
            t => FamilyTokenizers.Clip(t))),
        ["dfn5b-immich"] = new(f => f.Immich(FamilyModel.Clip, FamilyFiles.OpenClipPreprocessor("squash"), FamilyFiles.OpenClip(FamilyModel.Clip, ClipText, """ "quick_gelu": true,"""),
            t => FamilyTokenizers.Clip(t))),
        ["pe-core-immich"] = new(f => f.Immich(FamilyModel.PerceptionEncoder, FamilyFiles.OpenClipPreprocessor("squash", "bilinear", FamilyFiles.Half, FamilyFiles.Half),
            FamilyFiles.OpenClip(FamilyModel.PerceptionEncoder, ClipText.Replace("77", "32", StringComparison.Ordinal), """ "custom_text": true,"""),
            t => FamilyTokenizers.Clip(t))),
        // clip-as-service, with the configuration that a user puts beside it.
        ["clip-visual-textual"] = new(f => f.Graph("visual.onnx", FamilyGraphs.Image(FamilyModel.Clip, ImagePorts.HuggingFace))
            .Graph("textual.onnx", FamilyGraphs.Text(FamilyModel.Clip, TextPorts.HuggingFace)).Json("preprocessor_config.json", FamilyFiles.ClipPreprocessor)
            .Tokenizer(t => FamilyTokenizers.Clip(t))),
        // Exports of open_clip's models by their users, with open_clip's configuration.
        ["clip-visual-text"] = new(f => f.Graph("visual.onnx", FamilyGraphs.Image(FamilyModel.Clip, new("image", "image_features") { Normalized = true }))
            .Graph("text.onnx", FamilyGraphs.Text(FamilyModel.Clip, new("text", "text_features") { Normalized = true }))
            .Json("open_clip_config.json", $$"""{ "model_cfg": {{FamilyFiles.OpenClip(FamilyModel.Clip, ClipText)}}, "preprocess_cfg": {{FamilyFiles.OpenClipPreprocessor()}} }""")
            .Tokenizer(t => FamilyTokenizers.Clip(t))),
        // winml-cli: every axis is fixed.
        ["clip-image-encoder"] = new(f => f.Graph("image-encoder.onnx", FamilyGraphs.Image(FamilyModel.Clip, ImagePorts.HuggingFace with { IsFixed = true }))
            .Graph("text-encoder.onnx", FamilyGraphs.Text(FamilyModel.Clip, TextPorts.HuggingFace with { Batch = 1, Length = 77 }))
            .Json("preprocessor_config.json", FamilyFiles.ClipPreprocessor).Tokenizer(t => FamilyTokenizers.Clip(t))),
    };

    private static Dictionary<string, FamilyBundle> Siglip() => new()
    {
        ["siglip2-split"] = Given(f => SiglipFiles(f.Split(FamilyModel.Siglip2, ImagePorts.Pooled, TextPorts.Pooled), FamilyModel.Siglip2)),
        ["siglip2-split-and-whole"] = new(f => SiglipFiles(f.Split(FamilyModel.Siglip2, ImagePorts.Pooled, TextPorts.Pooled), FamilyModel.Siglip2)
            .Graph("onnx/model.onnx", FamilyGraphs.Whole(FamilyModel.Siglip2, takesMask: false, SiglipT, SiglipBias))),
        ["siglip2-whole"] = new(f => SiglipFiles(f.Graph("model.onnx", FamilyGraphs.Whole(FamilyModel.Siglip2, takesMask: false, SiglipT, SiglipBias)), FamilyModel.Siglip2, "siglip2")),
        ["siglip2-immich"] = Given(f => f.Immich(FamilyModel.Siglip2, SquashedHalf, FamilyFiles.OpenClipSiglip(FamilyModel.Siglip2, Siglip2Text),
            t => FamilyTokenizers.Siglip2(t, lowersCase: false))),
        ["siglip1-split"] = Given(f => SiglipFiles(f.Split(FamilyModel.Siglip1, ImagePorts.Pooled, TextPorts.Pooled), FamilyModel.Siglip1)),
        ["siglip1-split-and-whole"] = new(f => SiglipFiles(f.Split(FamilyModel.Siglip1, ImagePorts.Pooled, TextPorts.Pooled), FamilyModel.Siglip1)
            .Graph("onnx/model.onnx", FamilyGraphs.Whole(FamilyModel.Siglip1, takesMask: false, SiglipT, SiglipBias))),
        ["siglip1-whole"] = new(f => SiglipFiles(f.Graph("model.onnx", FamilyGraphs.Whole(FamilyModel.Siglip1, takesMask: false, SiglipT, SiglipBias)), FamilyModel.Siglip1,
            isCanonical: true)),
        ["siglip1-immich"] = Given(f => f.Immich(FamilyModel.Siglip1, SquashedHalf, FamilyFiles.OpenClipSiglip(FamilyModel.Siglip1, Siglip1Text),
            t => FamilyTokenizers.Siglip1(t))),
        ["fashion-siglip"] = Given(f => SiglipFiles(f.Split(FamilyModel.Siglip1, ImagePorts.Pooled, TextPorts.Pooled), FamilyModel.Siglip1, isCanonical: true)),
    };

    /// <summary>A bundle that does not tell its scale and bias.</summary>
    private static FamilyBundle Given(Action<FamilyFolder> fill) => new(fill) { Options = new() { LogitScale = MathF.Exp(SiglipT), LogitBias = SiglipBias } };

    private static FamilyFolder SiglipFiles(FamilyFolder folder, FamilyModel model, string type = "siglip", bool isCanonical = false)
    {
        bool isFirst = model == FamilyModel.Siglip1;
        return folder.Json("config.json", FamilyFiles.SiglipConfiguration(model, type)).Json("preprocessor_config.json", FamilyFiles.SiglipPreprocessor(resample: isFirst ? 3 : 2))
            .Tokenizer(isFirst ? t => FamilyTokenizers.Siglip1(t, isCanonical) : t => FamilyTokenizers.Siglip2(t, lowersCase: type == "siglip2"));
    }

    private static Dictionary<string, FamilyBundle> MobileClip() => new()
    {
        ["mobileclip-split"] = new(f => MobileClipFiles(f, "<|endoftext|>")) { Options = new() { Tokenizer = new() { PadId = 0 } } },
        // "!" is the token with the id 0.
        ["mobileclip-split-pad-0"] = new(f => MobileClipFiles(f, "!")),
        ["mobileclip-immich"] = new(f => f.Immich(FamilyModel.MobileClip, FamilyFiles.OpenClipPreprocessor(interpolation: "bilinear", mean: "[0, 0, 0]", deviation: "[1, 1, 1]"),
            FamilyFiles.OpenClip(FamilyModel.MobileClip, MobileClipText, """ "custom_text": true,"""), t => FamilyTokenizers.Clip(t))),
        ["mobileclip2-s0"] = new(f => f.Split(FamilyModel.MobileClip, folder: "onnx/s0").Split(FamilyModel.Clip, folder: "onnx/s2")
            .Json("preprocessor_config.json", FamilyFiles.MobileClip2Preprocessor).Tokenizer(t => FamilyTokenizers.Clip(t, "!")))
        {
            Options = new() { Variant = "s0" },
        },
        ["coca-immich"] = new(f => f.Immich(FamilyModel.CoCa, FamilyFiles.OpenClipPreprocessor(), FamilyFiles.OpenClip(FamilyModel.CoCa,
            """ "context_length": 76, "vocab_size": 527, "width": 8, "heads": 1, "layers": 1, "embed_cls": true, "output_tokens": true""",
            """ "multimodal_cfg": { "context_length": 76, "width": 8 }, "custom_text": true,"""), t => FamilyTokenizers.Clip(t))),
    };

    private static FamilyFolder MobileClipFiles(FamilyFolder folder, string padToken) => folder.Split(FamilyModel.MobileClip)
        .Json("config.json", FamilyFiles.Configuration(FamilyModel.MobileClip, "clip", """, "max_position_embeddings": 77"""))
        .Json("preprocessor_config.json", FamilyFiles.MobileClipPreprocessor).Tokenizer(t => FamilyTokenizers.Clip(t, padToken));

    private static Dictionary<string, FamilyBundle> XlmR() => new()
    {
        ["xlm-r-immich"] = new(f => f.Immich(FamilyModel.XlmR, FamilyFiles.OpenClipPreprocessor(), FamilyFiles.OpenClip(FamilyModel.XlmR, XlmRText),
            t => FamilyTokenizers.XlmR(t))),
        ["roberta-immich"] = new(f => f.Immich(FamilyModel.Roberta, FamilyFiles.OpenClipPreprocessor(), FamilyFiles.OpenClip(FamilyModel.Roberta,
            XlmRText.Replace("xlm-roberta", "roberta", StringComparison.Ordinal)), FamilyTokenizers.Roberta)),
        // The configuration is that of the image tower, whose own text tower is left out.
        ["m-clip-immich"] = new(f => f.Immich(FamilyModel.MClip, FamilyFiles.OpenClipPreprocessor(), FamilyFiles.OpenClip(FamilyModel.MClip, ClipText),
            t => FamilyTokenizers.XlmR(t), new("input_ids", "embedding") { IdType = TinyOnnx.Int32, Batch = 1, Length = 77, TakesMask = true, Normalized = true })),
        ["m-clip-labse-immich"] = new(f => f.Immich(FamilyModel.MClipLabse, FamilyFiles.OpenClipPreprocessor(), FamilyFiles.OpenClip(FamilyModel.MClipLabse, ClipText),
            t => FamilyTokenizers.Bert(t), new("input_ids", "embedding") { IdType = TinyOnnx.Int32, Batch = 1, Length = 77, TakesMask = true, Normalized = true })),
        ["metaclip2-mt5-immich"] = new(f => f.Immich(FamilyModel.MetaClip2Mt5, FamilyFiles.OpenClipPreprocessor(), FamilyFiles.OpenClip(FamilyModel.MetaClip2Mt5, """
            "context_length": 77, "vocab_size": 11, "hf_tokenizer_name": "google/mt5-small", "tokenizer_kwargs": { "clean": "canonicalize" }, "pool_type": "eos", "eos_id": 1
            """), FamilyTokenizers.Mt5)),
        ["metaclip2-split"] = new(f => MetaClip2Files(f.Split(FamilyModel.MetaClip2, text: TextPorts.HuggingFace with { TakesMask = true }))),
        ["metaclip2-whole"] = new(f => MetaClip2Files(f.Graph("model.onnx", FamilyGraphs.Whole(FamilyModel.MetaClip2, takesMask: true, ClipT)), length: 512)),
        ["jina-clip-v2"] = new(f => f.Graph("onnx/model.onnx", FamilyGraphs.Jina(FamilyModel.Jina2)).Json("preprocessor_config.json", FamilyFiles.JinaPreprocessor)
            .Json("config.json", FamilyFiles.Configuration(FamilyModel.Jina2, "jina_clip", """, "hf_model_name_or_path": "jinaai/jina-embeddings-v3", "pooler_type": "mean_pooler" """))
            .Tokenizer(t => FamilyTokenizers.XlmR(t))),
    };

    private static FamilyFolder MetaClip2Files(FamilyFolder folder, int length = 77) => folder.Json("preprocessor_config.json", FamilyFiles.ClipPreprocessor)
        .Json("config.json", FamilyFiles.Configuration(FamilyModel.MetaClip2, "metaclip_2", """, "eos_token_id": 2, "max_position_embeddings": 77"""))
        .Tokenizer(t => FamilyTokenizers.XlmR(t, length));

    private static Dictionary<string, FamilyBundle> Bert() => new()
    {
        ["jina-clip-v1"] = new(f => f.Split(FamilyModel.Jina1).Json("preprocessor_config.json", FamilyFiles.JinaPreprocessor)
            .Json("config.json", FamilyFiles.Configuration(FamilyModel.Jina1, "jina_clip", """, "hf_model_name_or_path": "jinaai/jina-bert", "pooler_type": "mean_pooler" """))
            .Tokenizer(t => FamilyTokenizers.Bert(t))),
        ["chinese-clip"] = new(f => f.Graph("onnx/model.onnx", FamilyGraphs.Whole(FamilyModel.Chinese, takesMask: true, ClipT)).Json("preprocessor_config.json", FamilyFiles.ChinesePreprocessor)
            .Json("config.json", FamilyFiles.Configuration(FamilyModel.Chinese, "chinese_clip", """, "max_position_embeddings": 512, "pad_token_id": 0"""))
            .Tokenizer(t => FamilyTokenizers.Bert(t))),
        // The graphs of Chinese-CLIP's own script, with the files of the model's repository. They make the mask of the ids, as their padding is 0.
        ["chinese-clip-own"] = new(f => f.Graph("vit-b-16.img.fp32.onnx", FamilyGraphs.Image(FamilyModel.Chinese, new("image", "unnorm_image_features")))
            .Graph("vit-b-16.txt.fp32.onnx", FamilyGraphs.Text(FamilyModel.Chinese with { Sees = FamilySight.OtherIds, PadId = 0 }, new("text", "unnorm_text_features") { Length = 52 }))
            .Json("config.json", FamilyFiles.Configuration(FamilyModel.Chinese, "chinese_clip", """, "max_position_embeddings": 512, "pad_token_id": 0"""))
            .Json("preprocessor_config.json", FamilyFiles.ChinesePreprocessor).Tokenizer(t => FamilyTokenizers.Bert(t))),
        ["biomedclip-immich"] = new(f => f.Immich(FamilyModel.Biomed, FamilyFiles.OpenClipPreprocessor(), FamilyFiles.OpenClip(FamilyModel.Biomed, BiomedText),
            t => FamilyTokenizers.Bert(t, NoLimit))),
        // open_clip_config.json of the model's repository, in which the preprocessing is a mean and a deviation.
        ["biomedclip-open-clip"] = new(f => f.Graph("visual.onnx", FamilyGraphs.Image(FamilyModel.Biomed, new("image", "image_features")))
            .Graph("textual.onnx", FamilyGraphs.Text(FamilyModel.Biomed, new("text", "text_features")))
            .Json("open_clip_config.json", $$"""
                { "model_cfg": {{FamilyFiles.OpenClip(FamilyModel.Biomed, BiomedText)}}, "preprocess_cfg": { "mean": {{FamilyFiles.OpenAIMean}}, "std": {{FamilyFiles.OpenAIDeviation}} } }
                """).Tokenizer(t => FamilyTokenizers.Bert(t, NoLimit))),
        ["clipa-immich"] = new(f => f.Immich(FamilyModel.ClipA, FamilyFiles.OpenClipPreprocessor("squash", "bilinear", ImageNetMean, ImageNetDeviation),
            FamilyFiles.OpenClip(FamilyModel.ClipA, """
            "context_length": 32, "vocab_size": 16, "hf_tokenizer_name": "bert-base-uncased", "tokenizer_kwargs": { "strip_sep_token": true }, "width": 8, "heads": 1, "layers": 1,
            "pool_type": "last", "no_causal_mask": true
            """), t => FamilyTokenizers.Bert(t))),
    };

    private static Dictionary<string, FamilyBundle> Nllb() => new()
    {
        ["nllb-clip-immich"] = new(NllbClip),
        ["nllb-clip-korean"] = new(NllbClip) { Options = new() { Tokenizer = new() { Language = "kor_Hang" } } },
        ["nllb-siglip-immich"] = Given(f => f.Immich(FamilyModel.Nllb, SquashedHalf, FamilyFiles.OpenClipSiglip(FamilyModel.Nllb, NllbText), FamilyTokenizers.Nllb)),
    };

    private static void NllbClip(FamilyFolder folder) =>
        folder.Immich(FamilyModel.Nllb, FamilyFiles.OpenClipPreprocessor(), FamilyFiles.OpenClip(FamilyModel.Nllb, NllbText), FamilyTokenizers.Nllb);
}
