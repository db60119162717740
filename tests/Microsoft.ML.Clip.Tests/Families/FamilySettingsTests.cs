namespace Microsoft.ML.Clip.Tests;

/// <summary>Files of a bundle that say too little, or two things: what is assumed is the family's own default, and what is doubtful is said.</summary>
public sealed class FamilySettingsTests : IDisposable
{
    private const string Squashed = """ "size": { "height": 32, "width": 32 }, "do_resize": true, "do_rescale": true, "rescale_factor": 0.00392156862745098, "do_normalize": true """;
    private const string Half = """ "image_mean": [0.5, 0.5, 0.5], "image_std": [0.5, 0.5, 0.5] """;

    private readonly TemporaryDirectory _directory = new();

    private string Model => _directory.Combine("model");

    public void Dispose() => _directory.Dispose();

    // As transformers has them: ViT's filter is bilinear, SigLIP's bicubic, both take a half; CLIP's is bicubic with OpenAI's statistics.
    [Theory]
    [InlineData("ViTImageProcessor", "", $$"""{{Half}}, "resample": 2""")]
    [InlineData("ViTFeatureExtractor", "", $$"""{{Half}}, "resample": 2""")]
    [InlineData("ViTImageProcessorFast", "\"resample\": 3", $$"""{{Half}}, "resample": 3""")]
    [InlineData("ViTImageProcessor", $"{Half}", $$"""{{Half}}, "resample": 2""")]
    [InlineData("SiglipImageProcessor", "", $$"""{{Half}}, "resample": 3""")]
    [InlineData("SiglipImageProcessorFast", "", $$"""{{Half}}, "resample": 3""")]
    [InlineData("SiglipImageProcessor", "\"resample\": 2", $$"""{{Half}}, "resample": 2""")]
    [InlineData("CLIPImageProcessor", "", $$"""
        "image_mean": [0.48145466, 0.4578275, 0.40821073], "image_std": [0.26862954, 0.26130258, 0.27577711], "resample": 3
        """)]
    [InlineData("ChineseCLIPImageProcessor", "", $$"""
        "image_mean": [0.48145466, 0.4578275, 0.40821073], "image_std": [0.26862954, 0.26130258, 0.27577711], "resample": 3
        """)]
    public void Preprocessor_FieldsThatAreMissing_AreTheProcessorsOwn(string type, string given, string meant)
    {
        string picture = FamilyPictures.Write(_directory)[0], comma = given.Length > 0 ? "," : "";
        string crop = """ "do_center_crop": false """;

        float[] found = Embed($$"""{ "image_processor_type": "{{type}}", {{Squashed}}, {{crop}}{{comma}} {{given}} }""");
        float[] expected = Embed($$"""{ "image_processor_type": "{{type}}", {{Squashed}}, {{crop}}, {{meant}} }""");

        Assert.Equal(expected, found);

        float[] Embed(string json)
        {
            using var clip = ClipModel.Load(Write("clip-split", f => f.Json("preprocessor_config.json", json)));
            return clip.EncodeImage(picture);
        }
    }

    [Theory]
    [InlineData($"{Half}", "resample")]
    [InlineData("\"resample\": 3", "image_mean")]
    [InlineData("\"resample\": 3, \"image_mean\": [0.5, 0.5, 0.5]", "image_std")]
    public void Preprocessor_FieldsMissingOfAnUnknownProcessor_AreRefused(string given, string missing)
    {
        string json = $$"""{ "image_processor_type": "OtherImageProcessor", {{Squashed}}, "do_center_crop": false, {{given}} }""";

        var error = Record.Exception(() =>
        {
            using var clip = ClipModel.Load(Write("clip-split", f => f.Json("preprocessor_config.json", json)));
            clip.EncodeImage(FamilyPictures.Write(_directory)[0]);
        });

        Assert.All((string[])["preprocessor_config.json", "OtherImageProcessor", missing], word => Assert.Contains(word, Assert.IsType<InvalidDataException>(error).Message, StringComparison.Ordinal));
    }

    [Fact]
    public void Preprocessor_UnknownThatSaysItAll_IsTaken()
    {
        string picture = FamilyPictures.Write(_directory)[0];
        string fields = $$"""{{Squashed}}, "do_center_crop": false, {{Half}}, "resample": 3 """;

        float[] expected = Embed("SiglipImageProcessor");

        Assert.Equal(expected, Embed("OtherImageProcessor"));

        float[] Embed(string type)
        {
            using var clip = ClipModel.Load(Write("clip-split", f => f.Json("preprocessor_config.json", $$"""{ "image_processor_type": "{{type}}", {{fields}} }""")));
            Assert.Empty(Warnings(clip));
            return clip.EncodeImage(picture);
        }
    }

    // DFN5B: open_clip squashes, and the file of Hugging Face may say otherwise.
    [Theory]
    [InlineData("squash", false)]
    [InlineData("shortest", true)]
    public void Preprocessor_OfHuggingFaceAndOfOpenClip_AreHeldAgainstEachOther(string resizeMode, bool same)
    {
        Write("clip-split", f => f.Json("open_clip_config.json",
            $$"""{ "model_cfg": { "embed_dim": 6, "vision_cfg": { "image_size": 32 }, "text_cfg": { "context_length": 77 } }, "preprocess_cfg": {{FamilyFiles.OpenClipPreprocessor(resizeMode)}} }"""));
        using var clip = ClipModel.Load(Model);
        _ = clip.Preprocessor;

        string[] warnings = Warnings(clip);

        Assert.Equal(same ? 0 : 1, warnings.Length);
        Assert.All(warnings, w => Assert.All((string[])["'preprocessor_config.json'", "'open_clip_config.json'"], name => Assert.Contains(name, w, StringComparison.Ordinal)));
    }

    [Fact]
    public void Preprocessor_OfImmichBesideHuggingFaces_IsHeldAgainstIt()
    {
        Write("siglip2-immich", f => f.Json("preprocessor_config.json", FamilyFiles.SiglipPreprocessor(resample: 2)));
        using var clip = ClipModel.Load(Model);
        _ = clip.Preprocessor;

        string warning = Assert.Single(Warnings(clip));

        Assert.All((string[])["'preprocessor_config.json'", "'visual/preprocess_cfg.json'"], name => Assert.Contains(name, warning, StringComparison.Ordinal));
    }

    [Fact]
    public void Image_OutputOfAClassifier_IsNoEmbedding()
    {
        var classifier = FamilyGraphs.Image(FamilyModel.Clip with { Dimension = 1000 }, new("pixel_values", "logits"));
        new FamilyFolder(Model).Graph("model.onnx", classifier).Json("preprocessor_config.json", FamilyFiles.ClipPreprocessor).Json("config.json", """{ "model_type": "vit" }""");

        var error = Record.Exception(() =>
        {
            using var clip = ClipModel.Load(Model);
            clip.EncodeImage(FamilyPictures.Write(_directory)[0]);
        });

        Assert.All((string[])["model.onnx", "logits"], word => Assert.Contains(word, Assert.IsType<NotSupportedException>(error).Message, StringComparison.Ordinal));
    }

    [Fact]
    public void Image_OnlyOutputOfAnUnknownName_IsTakenAndSaid()
    {
        Write("clip-split", f => f.Graph("onnx/vision_model.onnx", FamilyGraphs.Image(FamilyModel.Clip, new("pixel_values", "vec"))));
        using var clip = ClipModel.Load(Model);

        float[] found = clip.EncodeImage(FamilyPictures.Write(_directory)[0]);

        Tolerances.Close(FamilyGolden.All["clip-split"].Images[0].Embedding, found, Tolerances.FamilyEmbedding);
        Assert.All((string[])["'vec'", "onnx/vision_model.onnx"], word => Assert.Contains(word, Assert.Single(Warnings(clip)), StringComparison.Ordinal));
    }

    // LongCLIP beside a tokenizer of CLIP's.
    [Theory]
    [InlineData(248, true)]
    [InlineData(77, false)]
    public void Texts_CutSoonerThanTheModelNeeds_IsSaid(int places, bool isSaid)
    {
        var model = FamilyModel.Clip with { Places = places };
        Write("clip-split", f => f.Split(model).Json("config.json", FamilyFiles.Configuration(model, "clip", $", \"max_position_embeddings\": {places}")));
        using var clip = ClipModel.Load(Model);
        Assert.Equal(77, clip.ContextLength);
        _ = clip.EncodeText("a photo of a cat");

        string[] warnings = Warnings(clip);

        Assert.Equal(isSaid ? 1 : 0, warnings.Length);
        Assert.All(warnings, w => Assert.All((string[])["77", "248", "ClipTokenizerOptions.ContextLength"], word => Assert.Contains(word, w, StringComparison.Ordinal)));
    }

    // SigLIP so400m at 224 pixels.
    [Fact]
    public void Texts_OfASiglipOf16Places_AreThatLong()
    {
        var model = FamilyModel.Siglip1 with { Places = 16 };
        Write("siglip1-split", f => f.Split(model, ImagePorts.Pooled, TextPorts.Pooled).Tokenizer(t => FamilyTokenizers.Siglip1(t, length: 16)));
        using var clip = ClipModel.Load(Model);
        int[] ids = new int[16];

        clip.Tokenizer.EncodeToContext("a cat", ids, out _);

        Assert.Equal(16, clip.ContextLength);
        Assert.Equal([4, 7, .. Enumerable.Repeat(1, 14)], ids);
        Assert.Equal(8, clip.EncodeText("a cat").Length);
        Assert.Empty(Warnings(clip));
    }

    [Fact]
    public void Texts_LongerByOption_AreNotWarnedOf()
    {
        var model = FamilyModel.Clip with { Places = 248 };
        Write("clip-split", f => f.Split(model).Json("config.json", FamilyFiles.Configuration(model, "clip", ", \"max_position_embeddings\": 248")));
        using var clip = ClipModel.Load(Model, new() { Tokenizer = new() { ContextLength = 248 } });

        _ = clip.EncodeText("a photo of a cat");

        Assert.Equal(248, clip.ContextLength);
        Assert.Empty(Warnings(clip));
    }

    // A side that cannot be done is refused when it is asked for, and those who only load are told.
    [Fact]
    public void Load_OfASideThatCannotBeDone_SaysSo()
    {
        Write("clip-split", f => f.Graph("onnx/text_model.onnx", new TinyOnnx().Input("input_ids", TinyOnnx.Int64, "batch_size", "sequence_length")
            .Weights("table", new float[527 * 8], 527, 8).Node("Gather", ["table", "input_ids"], ["last_hidden_state"], ("axis", 0))
            .Output("last_hidden_state", TinyOnnx.Float, "batch_size", "sequence_length", 8)));
        using var clip = ClipModel.Load(Model);

        Assert.Contains("onnx/text_model.onnx", Assert.Single(Warnings(clip)), StringComparison.Ordinal);
        Assert.False(clip.HasTextEncoder);
        Assert.True(clip.HasImageEncoder);
    }

    // Attention is causal or masked: padding with another id is no fault, and texts of one batch are cut to the longest.
    [Theory]
    [InlineData("clip-split"), InlineData("metaclip2-split"), InlineData("chinese-clip"), InlineData("jina-clip-v1")]
    public void Texts_WhosePaddingDoesNotMatter_AreNotWarnedOf(string bundle)
    {
        using var clip = ClipModel.Load(Write(bundle, _ => { }));

        _ = clip.EncodeTexts(["a photo of a cat", "a red dog"]);

        Assert.Empty(Warnings(clip));
    }

    [Theory]
    [InlineData("clip-split", "kor_Hang"), InlineData("nllb-clip-immich", "deu_Latn")]
    public void Language_ThatTheModelDoesNotHave_IsRefused(string bundle, string language)
    {
        using var clip = ClipModel.Load(Write(bundle, _ => { }), new() { Tokenizer = new() { Language = language } });

        Assert.Contains(language, Assert.ThrowsAny<Exception>(() => clip.EncodeText("a cat")).Message, StringComparison.Ordinal);
    }

    private string Write(string bundle, Action<FamilyFolder> change)
    {
        var folder = new FamilyFolder(Model);
        FamilyBundles.All[bundle].Fill(folder);
        change(folder);
        return Model;
    }

    private static string[] Warnings(ClipModel clip)
    {
        var warnings = new List<string>();
        clip.Message += (_, m) =>
        {
            if (m.Kind == ClipModelMessageKind.Warning)
            {
                warnings.Add(m.Text);
            }
        };
        return [.. warnings];
    }
}
