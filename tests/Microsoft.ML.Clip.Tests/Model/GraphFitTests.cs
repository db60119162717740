using System.Text.Json.Nodes;

namespace Microsoft.ML.Clip.Tests;

/// <summary>Lengths and sizes that the graph cannot take are told on loading, with the files and both numbers.</summary>
public sealed class GraphFitTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Theory]
    [InlineData("tokenizer_config.json", "model_max_length", 512)]
    [InlineData("tokenizer_config.json", "model_max_length", 17)]
    public void Load_TokenizerLongerThanTheModel_NamesBoth(string name, string property, int length)
    {
        TinyClip.WriteTo(_directory);
        Edit(name, json => json[property] = length);

        string message = Assert.Throws<InvalidDataException>(() => ClipModel.Load(_directory)).Message;

        Assert.All((string[])[$"{length} token ids", $"'{name}'", "'config.json'", "16 places"], part => Assert.Contains(part, message, StringComparison.Ordinal));
    }

    [Fact]
    public void Load_OptionLongerThanTheModel_NamesBoth()
    {
        TinyClip.WriteTo(_directory);

        string message = Assert.Throws<InvalidDataException>(() => ClipModel.Load(_directory, new() { Tokenizer = new() { ContextLength = 100 } })).Message;

        Assert.All((string[])["100 token ids", "ContextLength", "16 places"], part => Assert.Contains(part, message, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("12")]
    [InlineData("1000000000000000019884624838656")]
    public void Load_TokenizerShorterOrWithoutALimit_IsNoError(string length)
    {
        TinyClip.WriteTo(_directory);
        Edit("tokenizer_config.json", json => json["model_max_length"] = JsonNode.Parse(length));

        using var clip = ClipModel.Load(_directory);

        Assert.Equal(6, clip.EncodeTexts(["a cat"])[0].Length);
    }

    [Fact]
    public void CheckContextLength_TableOfPositions_CountsMoreThanConfiguration()
    {
        TinyClip.WriteTo(_directory);
        var graph = GraphFiles.Read(new TinyOnnx().Input("input_ids", TinyOnnx.Int64, "n", "length").Weights("text_model.embeddings.position_embedding.weight", new float[20], 10, 2)
            .Node("Gather", ["text_model.embeddings.position_embedding.weight", "input_ids"], ["y"]).Output("y", TinyOnnx.Float, "n", 2));

        string message = Assert.Throws<InvalidDataException>(() =>
            GraphFit.CheckContextLength(new DirectoryModelFiles(_directory), graph, new(), TextRule.Clip, takesLast: false, Assert.Fail)).Message;

        Assert.All((string[])["16 token ids", "'text_model.embeddings.position_embedding.weight'", "10 places"], p => Assert.Contains(p, message, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(64, true)]
    [InlineData(224, false)]
    public void CheckImageSize_TableOfPositions_HasToFit(int size, bool fits)
    {
        var graph = GraphFiles.Read(new TinyOnnx().Input("pixel_values", TinyOnnx.Float, "n", 3, "h", "w")
            .Weights("vision_model.embeddings.patch_embedding.weight", new float[2 * 3 * 16 * 16], 2, 3, 16, 16)
            .Weights("vision_model.embeddings.position_embedding.weight", new float[34], 17, 2)
            .Node("Conv", ["pixel_values", "vision_model.embeddings.patch_embedding.weight"], ["y"]).Output("y", TinyOnnx.Float, "n", 2));

        var error = Record.Exception(() => GraphFit.CheckImageSize(new DirectoryModelFiles(_directory), graph, size, size));

        Assert.Equal(fits, error is null);
        Assert.All(fits ? [] : (string[])["224 x 224", "17 places", "197"], part => Assert.Contains(part, error!.Message, StringComparison.Ordinal));
    }

    [Fact]
    public void CheckImageSize_NoTable_IsHeldAgainstTheConfiguration()
    {
        TinyClip.WriteTo(_directory);
        var graph = GraphFiles.Read(new TinyOnnx().Input("pixel_values", TinyOnnx.Float, "n", 3, "h", "w").Node("Identity", ["pixel_values"], ["y"]).Output("y", TinyOnnx.Float, "n"));

        GraphFit.CheckImageSize(new DirectoryModelFiles(_directory), graph, 8, 8);
        string message = Assert.Throws<InvalidDataException>(() => GraphFit.CheckImageSize(new DirectoryModelFiles(_directory), graph, 224, 224)).Message;

        Assert.All((string[])["224 x 224", "'config.json'", "is 8"], part => Assert.Contains(part, message, StringComparison.Ordinal));
    }

    [Fact]
    public void Preprocessor_OfTransformers5_IsRead()
    {
        TinyClip.WriteTo(_directory);
        File.Delete(_directory.Combine("preprocessor_config.json"));
        _directory.Write("processor_config.json", """
            { "processor_class": "CLIPProcessor", "image_processor": { "image_processor_type": "CLIPImageProcessorFast", "size": { "height": 8, "width": 8 }, "do_center_crop": false,
              "image_mean": [0.5, 0.5, 0.5], "image_std": [0.5, 0.5, 0.5], "resample": 2 } }
            """);
        float[] pixels = new float[3 * 8 * 8];

        using var clip = ClipModel.Load(_directory);
        clip.Preprocessor.PreprocessFile(TestImages.Write(_directory, 1)[0], pixels);

        // 0 to 255 become -1 to 1.
        Assert.All(pixels, v => Assert.InRange(v, -1, 1));
        Assert.Contains("processor_config.json", clip.RequiredFiles(image: true, text: false));
    }

    [Theory]
    [InlineData("[0.5, 0.5, 0.5]", 1)]
    [InlineData("[0.48145466, 0.4578275, 0.40821073]", 0)]
    public void Preprocessor_TwoFilesThatDiffer_AreWarnedOf(string mean, int warnings)
    {
        TinyClip.WriteTo(_directory);
        var processor = JsonNode.Parse(File.ReadAllText(_directory.Combine("preprocessor_config.json")))!.AsObject();
        processor["image_mean"] = JsonNode.Parse(mean);
        _directory.Write("processor_config.json", new JsonObject { ["image_processor"] = processor }.ToJsonString());
        var heard = new List<string>();

        using var clip = ClipModel.Load(_directory);
        clip.Message += (_, m) => heard.Add(m.Text);

        Assert.Equal(warnings, heard.Count(t => t.Contains("say different things", StringComparison.Ordinal)));
    }

    [Theory]
    [InlineData("config.json")]
    [InlineData("preprocessor_config.json")]
    [InlineData("tokenizer.json")]
    [InlineData("tokenizer_config.json")]
    [InlineData("onnx/text_model.onnx")]
    [InlineData("onnx/text_model.onnx_data")]
    public void Load_GitLfsPointer_IsCalledOne(string name)
    {
        TinyClip.WriteTo(_directory, new() { ExternalData = true });
        _directory.Write(name, "version https://git-lfs.github.com/spec/v1\noid sha256:4d7a21\nsize 254000000\n");

        string message = Assert.Throws<InvalidDataException>(() =>
        {
            using var clip = ClipModel.Load(_directory);
            clip.EncodeTexts(["a cat"]);
        }).Message;

        Assert.Contains($"'{name}'", message, StringComparison.Ordinal);
        Assert.Contains("git lfs pull", message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("config.json")]
    [InlineData("preprocessor_config.json")]
    [InlineData("tokenizer.json")]
    [InlineData("tokenizer_config.json")]
    public void Load_ByteOrderMark_IsPassedOver(string name)
    {
        TinyClip.WriteTo(_directory);
        _directory.Write(name, [0xEF, 0xBB, 0xBF, .. File.ReadAllBytes(_directory.Combine(name))]);

        using var clip = ClipModel.Load(_directory);

        Assert.Equal(6, clip.EncodeTexts(["a cat"])[0].Length);
        Assert.Equal(8, clip.Preprocessor.Height);
    }

    [Fact]
    public void EncodeImages_TowerOfAnotherVariant_IsNamed()
    {
        TinyClip.WriteTo(_directory);
        File.Move(_directory.Combine("onnx/vision_model.onnx"), _directory.Combine("onnx/vision_model_quantized.onnx"));
        using var clip = ClipModel.Load(_directory);

        string message = Assert.Throws<InvalidOperationException>(() => new MLContext().Transforms.ClipImageEmbedding("A", "B", clip)).Message;

        Assert.Contains("'onnx/vision_model_quantized.onnx' (ClipModelOptions.Variant = \"quantized\")", message, StringComparison.Ordinal);
    }

    private void Edit(string name, Action<JsonObject> change)
    {
        var json = JsonNode.Parse(File.ReadAllText(_directory.Combine(name)))!.AsObject();
        change(json);
        _directory.Write(name, json.ToJsonString());
    }
}
