using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Clip.Tests;

/// <summary>Trained weights leave this library and come back with every bit.</summary>
public sealed class SaveWeightsTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Theory]
    [InlineData("vit")]
    [InlineData("small-resnet")]
    [InlineData("openai-resnet")]
    [InlineData("cbow")]
    public void SaveWeights_ReadBack_IsTheSameNetworkToTheBit(string name)
    {
        using var trained = Train(SmallArchitectures.All[name]);
        string saved = _directory.Combine("weights");

        trained.SaveWeights(saved);

        var architecture = ClipWeights.ReadArchitecture(saved);
        Assert.Equal(System.Text.Json.JsonSerializer.Serialize(trained.Architecture with
        {
            // What belongs to the other kind of image tower cannot be in the file.
            StageBlocks = architecture.StageBlocks,
            StageWidths = architecture.StageWidths,
            PatchSize = architecture.PatchSize,
            VisionLayers = architecture.VisionLayers,
            VisionHeads = architecture.VisionHeads,
            TextHeads = architecture.TextHeads,
            TextLayers = architecture.TextLayers,
        }), System.Text.Json.JsonSerializer.Serialize(architecture));
        var read = ClipWeights.Load(saved, architecture);
        using var scope = NewDisposeScope();
        Assert.Equal(trained.Module.Weights().Keys.Order(), read.Keys.Order());
        foreach (var (parameter, value) in trained.Module.Weights())
        {
            Assert.Equal(value.contiguous().data<float>().ToArray(), read[parameter].data<float>().ToArray());
            read[parameter].Dispose();
        }
    }

    [Theory]
    [InlineData("vit")]
    [InlineData("small-resnet")]
    [InlineData("openai-resnet")]
    [InlineData("cbow")]
    public void SaveWeights_Converted_IsWhatAnExportWrites(string name)
    {
        var architecture = SmallArchitectures.All[name] with { ImageMean = [0.5, 0.4, 0.3], ImageStandardDeviation = [0.2, 0.2, 0.25] };
        using var trained = Train(architecture);
        string saved = _directory.Combine("weights"), exported = _directory.Combine("exported"), converted = _directory.Combine("converted");
        trained.SaveWeights(saved);
        trained.Export(exported);

        ClipOnnxExporter.Convert(saved, converted);

        string[] files = [.. Directory.EnumerateFiles(exported, "*", SearchOption.AllDirectories).Select(f => Path.GetRelativePath(exported, f))];
        Assert.All(files, file =>
            Assert.True(File.ReadAllBytes(Path.Combine(exported, file)).AsSpan().SequenceEqual(File.ReadAllBytes(Path.Combine(converted, file))), $"{file} differs"));
        using var clip = ClipModel.Load(converted);
        Assert.Equal(trained.LogitScale, clip.LogitScale, 1e-4);
    }

    [Fact]
    public void SaveWeights_OfAVisionTransformer_HasTheNamesOfCLIPModel()
    {
        using var trained = Train(SmallArchitectures.VisionTransformer);

        trained.SaveWeights(_directory.Combine("weights/own-name.safetensors"));

        var names = SafetensorsFiles.Open(_directory.Combine("weights/own-name.safetensors")).Entries.Keys;
        Assert.Contains("vision_model.encoder.layers.1.self_attn.k_proj.bias", names);
        Assert.Contains("text_projection.weight", names);
        Assert.Contains("logit_scale", names);
        Assert.Equal(["config.json", "merges.txt", "own-name.safetensors", "preprocessor_config.json", "special_tokens_map.json", "tokenizer.json", "tokenizer_config.json", "vocab.json"],
            Directory.GetFiles(_directory.Combine("weights")).Select(f => Path.GetFileName(f)).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void SaveWeights_OfAFineTunedModel_CarriesTheTokenizerItWasGiven()
    {
        var vocabulary = ClipVocabularyTrainer.Train(["some other words", "some other words"], new() { ContextLength = 12 });
        vocabulary.Save(_directory.Combine("tokenizer"));
        using var trained = Train(SmallArchitectures.VisionTransformer with { VocabularySize = vocabulary.Size }, _directory.Combine("tokenizer"));

        trained.SaveWeights(_directory.Combine("weights"));

        Assert.Equal(File.ReadAllBytes(_directory.Combine("tokenizer/tokenizer.json")), File.ReadAllBytes(_directory.Combine("weights/tokenizer.json")));
        ClipOnnxExporter.Convert(_directory.Combine("weights"), _directory.Combine("converted"));
    }

    [Fact]
    public void SaveWeights_OfADisposedModel_SaysSo()
    {
        var trained = Train(SmallArchitectures.VisionTransformer);
        trained.Dispose();

        Assert.Throws<ObjectDisposedException>(() => trained.SaveWeights(_directory));
    }

    private static ClipContrastiveModel Train(ClipArchitecture architecture, string? tokenizer = null) => new ClipContrastiveTrainer("Image", "Caption",
        TrainingFixture.Options(architecture, steps: 2) with { TokenizerDirectory = tokenizer }).Train(TrainingFixture.View(TrainingFixture.Rows(8)));
}
