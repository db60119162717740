using System.Text.Json.Nodes;

namespace Microsoft.ML.Clip.Tests;

/// <summary>Bundles that differ a little from what exporters write: right all the same, or said.</summary>
public sealed class FamilyOddFilesTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public static TheoryData<string> Bundles => [.. FamilyBundles.All.Keys];

    public void Dispose() => _directory.Dispose();

    // SigLIP is trained without a mask: its last place, which is padding, sees all others. A graph that asks for one is told that there is nothing to hide.
    [Theory]
    [InlineData("siglip1-split"), InlineData("siglip2-split")]
    public void Mask_OfATowerThatTakesTheLastPlace_HidesNothing(string bundle)
    {
        var model = bundle[6] == '1' ? FamilyModel.Siglip1 : FamilyModel.Siglip2;
        using var clip = Load(bundle, f => f.Graph("onnx/text_model.onnx", FamilyGraphs.Text(model, TextPorts.Pooled with { TakesMask = true })));

        AssertTexts(clip, bundle);

        Assert.Empty(Warnings(clip));
    }

    [Theory]
    [InlineData("siglip1-whole", """{ "strategy": { "Fixed": 20 }, "direction": "Right", "pad_to_multiple_of": null, "pad_id": 2, "pad_type_id": 0, "pad_token": "<unk>" }""")]
    [InlineData("siglip2-whole", """{ "strategy": "BatchLongest", "direction": "Right", "pad_to_multiple_of": null, "pad_id": 1, "pad_type_id": 0, "pad_token": "<eos>" }""")]
    public void Padding_OfATokenizerThatSaysOtherwise_IsTheFamilys(string bundle, string padding)
    {
        using var clip = Load(bundle, _ => ChangeTokenizer(json => json["padding"] = JsonNode.Parse(padding)));

        AssertTexts(clip, bundle);
    }

    [Theory]
    [InlineData("siglip1-whole"), InlineData("siglip2-whole")]
    public void Frame_OfATokenizerThatSaysNothing_IsTheFamilys(string bundle)
    {
        using var clip = Load(bundle, _ => ChangeTokenizer(json => json["post_processor"] = null));

        AssertTexts(clip, bundle);
    }

    // Gemma's own tokenizer begins with <bos>; SigLIP 2 was trained without.
    [Fact]
    public void Frame_OfATokenizerThatBeginsWhereTheFamilyDoesNot_IsSaid()
    {
        using var clip = Load("siglip2-whole", _ => ChangeTokenizer(json => ((JsonArray)json["post_processor"]!["single"]!)
            .Insert(0, JsonNode.Parse("""{ "SpecialToken": { "id": "<bos>", "type_id": 0 } }"""))));

        _ = clip.Tokenizer;

        Assert.All((string[])["'<bos>'", "SigLIP", "tokenizer.json"], word => Assert.Contains(word, Assert.Single(Warnings(clip)), StringComparison.Ordinal));
    }

    // The last place of 16 is another than that of 64, and the tower has learned only the latter.
    [Theory]
    [InlineData("model_max_length"), InlineData("truncation"), InlineData("context_length")]
    public void Texts_ShorterThanATowerThatTakesTheLastPlace_IsSaid(string where)
    {
        using var clip = Load("siglip1-whole", f =>
        {
            string path = f.Path("tokenizer_config.json");
            var settings = (JsonObject)JsonNode.Parse(File.ReadAllText(path))!;
            settings["model_max_length"] = where == "model_max_length" ? 16 : 1e30;
            File.WriteAllText(path, settings.ToJsonString());
            if (where == "truncation")
            {
                ChangeTokenizer(json => json["truncation"] = JsonNode.Parse("""{ "direction": "Right", "max_length": 16, "strategy": "LongestFirst", "stride": 0 }"""));
            }
            if (where == "context_length")
            {
                f.Json("open_clip_config.json", $$"""{ "model_cfg": {{OpenClip(length: 16, "\"pool_type\": \"last\",", "\"init_logit_bias\": -10,")}} }""");
            }
        });

        _ = clip.Tokenizer;

        Assert.Equal(16, clip.ContextLength);
        Assert.All((string[])["16", "64", "ClipTokenizerOptions.ContextLength"], word => Assert.Contains(word, Assert.Single(Warnings(clip)), StringComparison.Ordinal));
    }

    // Gemma's own limit, or none.
    [Theory]
    [InlineData("8192"), InlineData("1e30")]
    public void Texts_OfATokenizerThatComesFromALanguageModel_AreTheFamilys(string limit)
    {
        using var clip = Load("siglip2-whole", f => f.Text("tokenizer_config.json",
            File.ReadAllText(f.Path("tokenizer_config.json")).Replace("\"model_max_length\": 64", $"\"model_max_length\": {limit}", StringComparison.Ordinal)));

        AssertTexts(clip, "siglip2-whole");
        Assert.Empty(Warnings(clip));
    }

    [Fact]
    public void Texts_OfAGraphOfFixedLength_AreThatLongWhateverTheFilesSay()
    {
        using var clip = Load("siglip1-immich", f => f.Json("config.json", OpenClip(length: 16, "\"pool_type\": \"last\",", "\"init_logit_bias\": -10,")));

        AssertTexts(clip, "siglip1-immich");
    }

    // Marqo's repositories have both; a copy of open_clip's file that says less must not make another model of it.
    [Theory]
    [InlineData("{ \"model_cfg\": { \"text_cfg\": null } }")]
    [InlineData("{ \"model_cfg\": { \"embed_dim\": 8, \"text_cfg\": { \"context_length\": 64, \"no_causal_mask\": true } } }")]
    [InlineData("{ \"model_cfg\": { \"embed_dim\": 8, \"text_cfg\": { \"context_length\": 64, \"hf_tokenizer_name\": \"timm/ViT-B-16-SigLIP\", \"tokenizer_kwargs\": { \"clean\": \"canonicalize\" } } } }")]
    public void OpenClipConfiguration_BesideASiglipOfHuggingFaces_ChangesNothing(string json)
    {
        using var clip = Load("siglip1-whole", f => f.Json("open_clip_config.json", json));

        AssertTexts(clip, "siglip1-whole");
        Assert.Equal(ClipScoreKind.Sigmoid, clip.ScoreFunction);
    }

    [Fact]
    public void ModelType_InCapitals_IsTheSame()
    {
        using var clip = Load("siglip2-whole", f => f.Json("config.json", FamilyFiles.SiglipConfiguration(FamilyModel.Siglip2, "SigLIP2")));

        AssertTexts(clip, "siglip2-whole");
        Assert.Empty(Warnings(clip));
    }

    [Fact]
    public void Preprocessor_InTheFolderOfAVariant_IsTheVariants()
    {
        using var clip = Load("mobileclip2-s0", f => f.Json("onnx/s0/preprocessor_config.json", FamilyFiles.MobileClip2Preprocessor)
            .Json("preprocessor_config.json", FamilyFiles.MobileClip2Preprocessor.Replace("32", "64", StringComparison.Ordinal)));

        Assert.Equal(32, clip.Preprocessor.Height);
        Tolerances.Close(FamilyGolden.All["mobileclip2-s0"].Images[0].Embedding, clip.EncodeImage(FamilyPictures.Write(_directory)[0]), Tolerances.FamilyEmbedding);
    }

    // Whatever stands in a batch, each text is what it is alone: short and long, special tokens spelled out, words that no vocabulary has, very much of it.
    [Theory, MemberData(nameof(Bundles))]
    public void Texts_InABatch_AreWhatTheyAreAlone(string bundle)
    {
        string[] texts = ["", "a", string.Concat(Enumerable.Repeat("a photo of a cat ", 6_000)), "a <eos> cat", "a </s> cat", "a <|endoftext|> cat", "<|startoftext|>", "<s><pad>", "[SEP] [PAD] [CLS] a", "!",
            "\u732b \u0629 \ud83d\ude00", new string('x', 100_000), "a photo of a dog"];
        using var clip = Load(bundle, _ => { });
        var golden = FamilyGolden.All[bundle];
        int[] ids = new int[clip.ContextLength];

        float[][] together = clip.EncodeTexts(texts);

        for (int i = 0; i < texts.Length; i++)
        {
            Tolerances.Close(clip.EncodeText(texts[i]), together[i], Tolerances.FamilyEmbedding, texts[i].Length > 30 ? $"{texts[i].Length} characters" : texts[i]);
        }
        clip.Tokenizer.EncodeToContext(golden.Texts[0].Text, ids, out bool isTruncated);
        Assert.Equal(golden.PaddedIds(golden.Texts[0]), ids);
        Assert.False(isTruncated);
        clip.Tokenizer.EncodeToContext(texts[2], ids, out isTruncated);
        if (clip.ContextLength < 10_000)
        {
            Assert.True(isTruncated);
            Assert.Equal(golden.Texts[0].Ids[^1], ids[^1]);
        }
    }

    private static string OpenClip(int length, string text, string model) => $$"""
        { "embed_dim": 8, {{model}} "vision_cfg": { "image_size": 32 }, "text_cfg": { {{text}} "context_length": {{length}}, "hf_tokenizer_name": "timm/ViT-B-16-SigLIP", "tokenizer_kwargs": { "clean": "canonicalize" } } }
        """;

    private static void AssertTexts(ClipModel clip, string bundle)
    {
        var golden = FamilyGolden.All[bundle];
        int[] ids = new int[clip.ContextLength];
        foreach (var text in golden.Texts)
        {
            clip.Tokenizer.EncodeToContext(text.Text, ids, out _);
            Assert.Equal(golden.PaddedIds(text), ids);
            Tolerances.Close(text.Embedding, clip.EncodeText(text.Text), Tolerances.FamilyEmbedding, text.Text);
        }
    }

    private ClipModel Load(string bundle, Action<FamilyFolder> change)
    {
        var folder = new FamilyFolder(_directory.Combine("model"));
        FamilyBundles.All[bundle].Fill(folder);
        change(folder);
        return ClipModel.Load(_directory.Combine("model"), FamilyBundles.All[bundle].Options);
    }

    private void ChangeTokenizer(Action<JsonNode> change)
    {
        string path = _directory.Combine("model/tokenizer.json");
        var json = JsonNode.Parse(File.ReadAllText(path))!;
        change(json);
        File.WriteAllText(path, json.ToJsonString());
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
