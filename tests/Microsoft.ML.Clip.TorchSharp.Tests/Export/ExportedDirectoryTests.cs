using System.Text.Json.Nodes;
using Microsoft.ML.Data;

namespace Microsoft.ML.Clip.Tests;

/// <summary>An exported directory as this library's user meets it.</summary>
public sealed class ExportedDirectoryTests
{
    private static readonly string[] Texts = ["a photo of a tabby cat.", "red fox", "", "a sentence that is much longer than the sixteen tokens that the context of this model has room for"];

    public static TheoryData<string, ClipWeightPrecision> Cases => new(
        ("ViT, GELU", ClipWeightPrecision.Float32), ("ViT, GELU", ClipWeightPrecision.Int8), ("OpenAI's ResNet", ClipWeightPrecision.Float16),
        ("OpenAI's ResNet", ClipWeightPrecision.Int8), ("ResNet, basic blocks, mean, CBOW", ClipWeightPrecision.Float32), ("ResNet, basic blocks, mean, CBOW", ClipWeightPrecision.Int8));

    [Theory]
    [MemberData(nameof(Cases))]
    public void Load_AnExport_HasBothTowersAndBothKindsOfFeatures(string name, ClipWeightPrecision precision)
    {
        using var directory = new TemporaryDirectory();
        using var source = new ExportedModel(ExportedModel.Architectures[name]);
        using var clip = ClipModel.Load(source.Export(directory, new() { Precision = precision }));
        using var image = MLImage.CreateFromStream(new MemoryStream(TestImages.EncodePng(50, 41, seed: 1)));

        Assert.Equal((source.Architecture.JointDimension, source.Architecture.ImageSize, source.Architecture.ContextLength),
            (clip.EmbeddingDimension, clip.ImageSize, clip.ContextLength));
        Assert.Equal(17f, clip.LogitScale, 1e-5f);

        float[] pixels = new float[3 * clip.ImageSize * clip.ImageSize];
        clip.Preprocessor.Preprocess(image, pixels);
        var (features, joint) = source.EncodeImages(pixels);
        Assert.InRange(ExportTolerances.Difference(joint, clip.EncodeImages([image])[0]), 0, ExportTolerances.Of(precision));

        var ml = new MLContext();
        var data = ml.Data.LoadFromEnumerable([new Row { Image = TestImages.EncodePng(50, 41, seed: 1) }]);
        float[] encoder = ml.Transforms.ClipImageEmbedding("Output", "Image", clip, new() { Features = ClipFeatures.Encoder, Normalize = false }).Fit(data)
            .Transform(data).GetColumnOf("Output")[0];
        Assert.Equal(source.Architecture.ImageFeatureDimension, encoder.Length);
        Assert.InRange(ExportTolerances.Difference(OnnxRun.Normalized(features, features.Length), OnnxRun.Normalized(encoder, encoder.Length)), 0,
            ExportTolerances.Of(precision));

        var tokenizer = ExportedModel.Vocabulary.CreateTokenizer();
        foreach (string text in Texts)
        {
            int[] ids = new int[clip.ContextLength];
            tokenizer.EncodeToContext(text, ids, out _);
            Assert.InRange(ExportTolerances.Difference(source.EncodeTexts([.. ids.Select(i => (long)i)], ids.Length), clip.EncodeTexts([text])[0]), 0,
                ExportTolerances.Of(precision));
        }
    }

    [Fact]
    public void Save_APipelineWithAnExport_GivesTheSameRowsInAFreshProcess()
    {
        using var directory = new TemporaryDirectory();
        using var source = new ExportedModel(ExportedModel.Architectures["ResNet, patches, basic blocks"]);
        using var clip = ClipModel.Load(source.Export(directory.Combine("model"), new() { Precision = ClipWeightPrecision.Int8 }));
        var ml = new MLContext();
        string[] paths = TestImages.Write(directory, 5);
        var data = ml.Data.LoadFromEnumerable(paths.Select(path => new { Path = path }));
        var chain = ml.Transforms.ClipImageEmbedding("Features", "Path", clip).Append(ml.Transforms.ClipZeroShotClassification("Features", clip, ["cat", "fox", "bus"])).Fit(data);
        float[][] expected = chain.Transform(data).GetColumnOf("Score");
        string file = directory.Combine("saved.zip");
        ml.Model.Save(chain, data.Schema, file);
        Directory.Delete(directory.Combine("model"), recursive: true);

        Assert.Equal(expected, Processes.Predict(file, "Path", "Score", paths));
    }

    [Fact]
    public void Export_UnderAVariant_StandsBesideTheOthers()
    {
        using var directory = new TemporaryDirectory();
        using var source = new ExportedModel(ExportedModel.Architectures["ViT, QuickGELU"]);
        source.Export(directory);
        source.Export(directory, new() { Precision = ClipWeightPrecision.Int8, Variant = "int8" });

        Assert.Equal(["text_model.onnx", "text_model_int8.onnx", "vision_model.onnx", "vision_model_int8.onnx"], Directory.GetFiles(directory.Combine("onnx")).Select(f => Path.GetFileName(f)).Order(StringComparer.Ordinal));
        using ClipModel full = ClipModel.Load(directory), small = ClipModel.Load(directory, new() { Variant = "int8" });
        Assert.NotEqual(full.EncodeTexts(Texts)[0], small.EncodeTexts(Texts)[0]);
        Assert.True(3 * new FileInfo(directory.Combine("onnx/text_model_int8.onnx")).Length < new FileInfo(directory.Combine("onnx/text_model.onnx")).Length);
    }

    [Fact]
    public void LogitScale_IsRecordedInTheGraphsAndTheConfiguration()
    {
        using var directory = new TemporaryDirectory();
        using var source = new ExportedModel(ExportedModel.Architectures["ViT, QuickGELU"]);
        source.Export(directory);
        string config = directory.Combine("config.json");
        Assert.Equal(17, (double)JsonNode.Parse(File.ReadAllText(config))!["logit_scale"]!, 1e-5);

        File.WriteAllText(config, "{}");
        using var clip = ClipModel.Load(directory);
        Assert.Equal(17f, clip.LogitScale, 1e-5f);
    }

    [Fact]
    public void Export_WithTheTokenizerOfAnotherModel_CopiesIt()
    {
        using var directory = new TemporaryDirectory();
        using var source = new ExportedModel(ExportedModel.Architectures["ViT, QuickGELU"]);
        ExportedModel.Vocabulary.Save(directory.Combine("original"));
        ClipOnnxExporter.Export(source.Architecture, source.Weights, directory.Combine("original"), directory.Combine("tuned"));
        // Into itself: nothing to copy.
        ClipOnnxExporter.Export(source.Architecture, source.Weights, directory.Combine("tuned"), directory.Combine("tuned"));

        using var clip = ClipModel.Load(directory.Combine("tuned"));
        Assert.Equal(ExportedModel.Vocabulary.CreateTokenizer().EncodeToIds(Texts[0]), clip.Tokenizer.EncodeToIds(Texts[0]));
        Assert.Equal(source.Architecture.ContextLength, clip.ContextLength);
    }

    private sealed class Row
    {
        public byte[] Image { get; set; } = [];
    }
}
