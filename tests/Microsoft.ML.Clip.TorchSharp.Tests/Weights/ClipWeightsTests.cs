using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Clip.Tests;

public sealed class ClipWeightsTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();
    private readonly DisposeScope _scope = torch.NewDisposeScope();

    public static TheoryData<string, ClipWeightNames> RoundTrips =>
        [.. ExportedModel.Architectures.Keys.Select(name => (name, ClipWeightNames.OpenAI)), ("ViT, QuickGELU", ClipWeightNames.HuggingFace)];

    private string File => _directory.Combine("model.safetensors");

    [Theory]
    [MemberData(nameof(RoundTrips))]
    public void Load_WhatSaveWrote_GivesTheSameValues(string name, ClipWeightNames names)
    {
        using var model = new ExportedModel(ExportedModel.Architectures[name]);
        ClipWeights.Save(File, model.Architecture, model.Weights, names);

        var loaded = ClipWeights.Load(_directory, model.Architecture);

        Assert.Equal(model.Weights.Keys.Order(StringComparer.Ordinal), loaded.Keys.Order(StringComparer.Ordinal));
        Assert.All(loaded, w => Assert.True(w.Value.equal(model.Weights[w.Key]).all().item<bool>(), w.Key));
        Assert.All(loaded, w => Assert.Equal(model.Weights[w.Key].shape, w.Value.shape));
    }

    // A stranger's config.json: the names of 2,147,483,647 layers took all memory before the first was looked for.
    [Theory]
    [InlineData("\"num_hidden_layers\": 1", "\"num_hidden_layers\": 2147483647", "TextLayers is 2,147,483,647: it must be at most 1,000")]
    [InlineData("\"layers\": [1]", "\"layers\": [2147483647]", "StageBlocks is 2,147,483,647: it must be at most 1,000")]
    [InlineData("\"layers\": [1], \"widths\": [8]", "\"layers\": [1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1], \"widths\": [8,8,8,8,8,8,8,8,8,8,8,8,8,8,8,8,8]", "there may be at most 16")]
    [InlineData("\"widths\": [8]", "\"widths\": [2147483647]", "StageWidths is 2,147,483,647: it must be at most 65,536")]
    [InlineData("\"hidden_size\": 8", "\"hidden_size\": 2147483640", "TextWidth is 2,147,483,640: it must be at most 65,536")]
    [InlineData("\"image_size\": 32", "\"image_size\": 2147483616", "ImageSize is 2,147,483,616: it must be at most 4,096")]
    [InlineData("\"vocab_size\": 600", "\"vocab_size\": 2147483647", "VocabularySize is 2,147,483,647: it must be at most 16,777,216")]
    [InlineData("\"max_position_embeddings\": 16", "\"max_position_embeddings\": 2147483647", "ContextLength is 2,147,483,647: it must be at most 1,048,576")]
    [InlineData("\"projection_dim\": 8", "\"projection_dim\": 2147483647", "JointDimension is 2,147,483,647: it must be at most 65,536")]
    public void ReadArchitecture_SizesThatNoNetworkHas_AreRefused(string part, string changed, string expected)
    {
        const string Right = """
            {"projection_dim": 8, "vision_config": {"image_encoder": "modified_resnet", "image_size": 32, "stem": "convolutions", "stem_width": 8, "stem_stride": 4, "block": "basic",
             "layers": [1], "widths": [8], "pooling": "mean"},
             "text_config": {"vocab_size": 600, "max_position_embeddings": 16, "hidden_size": 8, "num_attention_heads": 1, "num_hidden_layers": 1}}
            """;
        _directory.Write("model.safetensors", SafetensorsBytes.File(("logit_scale", "F32", [], new byte[4])));
        Assert.Contains(part, Right, StringComparison.Ordinal);
        _directory.Write("config.json", Right);
        ClipWeights.ReadArchitecture(_directory);
        _directory.Write("config.json", Right.Replace(part, changed, StringComparison.Ordinal));

        var error = Assert.Throws<InvalidDataException>(() => ClipWeights.ReadArchitecture(_directory));

        Assert.Contains(expected, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Save_HuggingFacesNames_AreThoseOfItsModel()
    {
        using var model = new ExportedModel(ExportedModel.Architectures["ViT, QuickGELU"] with { VisionLayers = 1, TextLayers = 1 });
        ClipWeights.Save(File, model.Architecture, model.Weights, ClipWeightNames.HuggingFace);

        string[] layer = [.. from part in (string[])["layer_norm1", "layer_norm2", "mlp.fc1", "mlp.fc2", "self_attn.q_proj", "self_attn.k_proj", "self_attn.v_proj", "self_attn.out_proj"] from kind in (string[])["weight", "bias"] select $"encoder.layers.0.{part}.{kind}"];
        string[] expected =
        [
            "logit_scale", "text_projection.weight", "visual_projection.weight",
            "vision_model.embeddings.class_embedding", "vision_model.embeddings.patch_embedding.weight", "vision_model.embeddings.position_embedding.weight",
            "vision_model.pre_layrnorm.weight", "vision_model.pre_layrnorm.bias", "vision_model.post_layernorm.weight", "vision_model.post_layernorm.bias",
            "text_model.embeddings.token_embedding.weight", "text_model.embeddings.position_embedding.weight", "text_model.final_layer_norm.weight", "text_model.final_layer_norm.bias",
            .. layer.Select(l => "vision_model." + l), .. layer.Select(l => "text_model." + l),
        ];
        var entries = SafetensorsFiles.Open(File).Entries;
        Assert.Equal(expected.Order(StringComparer.Ordinal), entries.Keys.Order(StringComparer.Ordinal));
        Assert.Equal([24, 32], entries["visual_projection.weight"].Shape);
        Assert.Equal([40, 40], entries["text_model.encoder.layers.0.self_attn.k_proj.weight"].Shape);
        // Key is the middle third of the stacked matrix.
        float[] key = model.Weights["transformer.resblocks.0.attn.in_proj_weight"].narrow(0, 40, 40).contiguous().data<float>().ToArray();
        Assert.Equal(key, SafetensorsFiles.Read(entries["text_model.encoder.layers.0.self_attn.k_proj.weight"]));
    }

    [Fact]
    public void Save_HuggingFacesNamesForAResNet_AreNotToBeHad()
    {
        using var model = new ExportedModel(ExportedModel.Architectures["OpenAI's ResNet"]);

        Assert.Contains("no name for 'visual.bn1.weight'", Assert.Throws<NotSupportedException>(() =>
            ClipWeights.Save(File, model.Architecture, model.Weights, ClipWeightNames.HuggingFace)).Message, StringComparison.Ordinal);
        Assert.Empty(Directory.EnumerateFiles(_directory));
    }

    [Theory]
    [InlineData(ClipWeightNames.OpenAI, "'visual.proj' (F32 [32, 24])", "[32, 25]")]
    [InlineData(ClipWeightNames.HuggingFace, "'visual_projection.weight' (F32 [24, 32])", "[25, 32]")]
    public void Load_AnotherShape_NamesTheTensorAndBothShapes(ClipWeightNames names, string tensor, string expected)
    {
        using var model = new ExportedModel(ExportedModel.Architectures["ViT, QuickGELU"]);
        ClipWeights.Save(File, model.Architecture, model.Weights, names);

        string message = Assert.Throws<InvalidDataException>(() => ClipWeights.Load(File, model.Architecture with { JointDimension = 25 })).Message;
        Assert.Contains(tensor, message, StringComparison.Ordinal);
        Assert.Contains($"should have the shape {expected}", message, StringComparison.Ordinal);
    }

    [Fact]
    public void Load_AModelOfMoreLayers_IsRefused()
    {
        using var model = new ExportedModel(ExportedModel.Architectures["ViT, QuickGELU"]);
        ClipWeights.Save(File, model.Architecture, model.Weights);

        string message = Assert.Throws<InvalidDataException>(() => ClipWeights.Load(File, model.Architecture with { TextLayers = 1 })).Message;
        Assert.Contains("that the architecture does not have: 'transformer.resblocks.1.attn.in_proj_bias'", message, StringComparison.Ordinal);
        Assert.Contains("and 8 more", message, StringComparison.Ordinal);
    }

    [Fact]
    public void Load_AModelOfFewerLayers_NamesWhatIsMissing()
    {
        using var model = new ExportedModel(ExportedModel.Architectures["ViT, QuickGELU"]);
        ClipWeights.Save(File, model.Architecture, model.Weights, ClipWeightNames.HuggingFace);

        string message = Assert.Throws<InvalidDataException>(() => ClipWeights.Load(File, model.Architecture with { VisionLayers = 3 })).Message;
        Assert.Contains("no tensor 'vision_model.encoder.layers.2.layer_norm1.weight' [32], which is needed for 'visual.transformer.resblocks.2.ln_1.weight'", message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("ViT, QuickGELU")]
    [InlineData("OpenAI's ResNet")]
    public void ReadArchitecture_OfOpenAIsKinds_FollowsFromTheShapes(string name)
    {
        // Heads of 64 channels, as in every released model.
        var architecture = ExportedModel.Architectures[name] with
        {
            VisionWidth = 64,
            VisionHeads = name.StartsWith("ViT", StringComparison.Ordinal) ? 1 : 2,
            TextWidth = 128,
            TextHeads = 2,
            StageWidths = [4, 8, 32]
        };
        using var model = new ExportedModel(architecture);
        ClipWeights.Save(File, architecture, model.Weights);

        var read = ClipWeights.ReadArchitecture(File);

        // What belongs to the other family of image towers is not in the file.
        var comparable = architecture.Vision == ClipVisionKind.VisionTransformer
            ? read with { StageBlocks = architecture.StageBlocks, StageWidths = architecture.StageWidths }
            : read with
            {
                PatchSize = architecture.PatchSize,
                VisionLayers = architecture.VisionLayers,
                StageBlocks = architecture.StageBlocks,
                StageWidths = architecture.StageWidths
            };
        Assert.Equal(architecture, comparable with { ImageMean = architecture.ImageMean, ImageStandardDeviation = architecture.ImageStandardDeviation });
        if (architecture.Vision == ClipVisionKind.ModifiedResNet)
        {
            Assert.Equal(architecture.StageBlocks.AsEnumerable(), read.StageBlocks);
            Assert.Equal(architecture.StageWidths.AsEnumerable(), read.StageWidths);
        }
    }

    [Fact]
    public void ReadArchitecture_OfAnExport_TakesHeadsAndActivationFromItsConfiguration()
    {
        using var model = new ExportedModel(ExportedModel.Architectures["ViT, GELU"]);
        model.Export(_directory);
        ClipWeights.Save(File, model.Architecture, model.Weights, ClipWeightNames.HuggingFace);

        var read = ClipWeights.ReadArchitecture(_directory);

        Assert.Equal((4, 5, ClipActivation.Gelu), (read.VisionHeads, read.TextHeads, read.Activation));
    }

    [Fact]
    public void ReadArchitecture_OfAnotherModel_SaysWhatIsMissing()
    {
        System.IO.File.WriteAllBytes(File, SafetensorsBytes.File(("bert.embeddings.weight", "F32", [1], new byte[4])));

        Assert.Contains("'token_embedding.weight' with 2 axes is missing", Assert.Throws<InvalidDataException>(() => ClipWeights.ReadArchitecture(File)).Message, StringComparison.Ordinal);
    }

    public void Dispose()
    {
        _scope.Dispose();
        _directory.Dispose();
    }
}
