namespace Microsoft.ML.Clip.Tests;

/// <summary>What the shapes of parameters do not tell, config.json does, read as every other JSON file of a model.</summary>
public sealed class ArchitectureReaderTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public ArchitectureReaderTests()
    {
        using var model = new ExportedModel(ExportedModel.Architectures["ViT, QuickGELU"]);
        ClipWeights.Save(_directory.Combine("model.safetensors"), model.Architecture, model.Weights, ClipWeightNames.HuggingFace);
    }

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void ReadArchitecture_HeadsAndActivation_AreThoseOfTheConfiguration()
    {
        _directory.Write("config.json", """
            {
              "text_config": { "num_attention_heads": 5 }, // 40 / 5
              "vision_config": { "num_attention_heads": 2, "hidden_act": "gelu", },
            }
            """);

        var architecture = ClipWeights.ReadArchitecture(_directory);

        Assert.Equal((5, 2, ClipActivation.Gelu), (architecture.TextHeads, architecture.VisionHeads, architecture.Activation));
    }

    [Theory]
    [InlineData("[]", "must hold an object, but holds []")]
    [InlineData("""{ "vision_config": { "hidden_act": "relu" } }""", "property 'vision_config.hidden_act' must be 'quick_gelu' or 'gelu', but is \"relu\"")]
    [InlineData("""{ "vision_config": { "num_attention_heads": 0 } }""", "property 'vision_config.num_attention_heads' must be a whole number from 1")]
    [InlineData("""{ "text_config": { "num_attention_heads": "8" } }""", "property 'text_config.num_attention_heads' must be a whole number from 1")]
    [InlineData("""{ "text_config": 8 }""", "property 'text_config' must be an object, but is 8")]
    [InlineData("""{ "vision_config": { "hidden_act": 1 } }""", "property 'vision_config.hidden_act' must be a text, but is 1")]
    [InlineData("no json", "is not valid JSON")]
    [InlineData("", "it has no bytes")]
    public void ReadArchitecture_BrokenConfiguration_NamesFileAndProperty(string json, string expected)
    {
        string path = _directory.Write("config.json", json);

        var error = Assert.Throws<InvalidDataException>(() => ClipWeights.ReadArchitecture(_directory));

        Assert.Contains(path, error.Message, StringComparison.Ordinal);
        Assert.Contains(expected, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void ReadArchitecture_HeadsThatDoNotFit_SaysWhatDoesNot()
    {
        _directory.Write("config.json", """{ "text_config": { "num_attention_heads": 7 } }""");

        Assert.Contains("fit no model of OpenAI's kind: TextWidth is 40, which is not a multiple of TextHeads, 7", Message(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(18)]
    [InlineData(1)]
    public void ReadArchitecture_PositionsThatAreNoGrid_SaysWhatIsExpected(int rows)
    {
        WriteShapes(shapes => shapes["visual.positional_embedding"] = [rows, 32]);

        string message = Message();
        Assert.Contains("'visual.positional_embedding' of", message, StringComparison.Ordinal);
        Assert.Contains($"has {rows} rows; expected a square number and one for the class token", message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("text_projection", "'text_projection' with 2 axes is missing")]
    [InlineData("positional_embedding", "'positional_embedding' with 2 axes is missing")]
    [InlineData("visual.conv1.weight", "'visual.conv1.weight' with 4 axes is missing")]
    // Without it the image tower is no Vision Transformer, and what a ResNet begins with is missing.
    [InlineData("visual.proj", "'visual.layer1.0.conv3.weight' with 4 axes is missing")]
    public void ReadArchitecture_WithoutAParameterThatTellsASize_NamesIt(string name, string expected)
    {
        WriteShapes(shapes => shapes.Remove(name));

        Assert.Contains(expected, Message(), StringComparison.Ordinal);
    }

    /// <summary>What config.json of a transformers model leaves out has their defaults, whatever the widths.</summary>
    [Theory]
    [InlineData("""{ "model_type": "clip" }""", 12, 8, ClipActivation.QuickGelu)]
    [InlineData("""{ "model_type": "clip", "vision_config": { "num_attention_heads": 6, "hidden_act": "gelu" }, "text_config": { "hidden_act": "gelu" } }""", 6, 8, ClipActivation.Gelu)]
    [InlineData("{ }", 3, 1, ClipActivation.QuickGelu)]
    public void ReadArchitecture_ASilentConfiguration_MeansTheDefaultsOfItsWriter(string json, int visionHeads, int textHeads, ClipActivation activation)
    {
        WriteShapes(_ => { }, ExportedModel.Architectures["ViT, QuickGELU"] with { VisionWidth = 192, TextWidth = 64 });
        _directory.Write("config.json", json);

        var architecture = ClipWeights.ReadArchitecture(_directory);

        Assert.Equal((visionHeads, textHeads, activation), (architecture.VisionHeads, architecture.TextHeads, architecture.Activation));
    }

    /// <summary>open_clip's models compute with GELU unless they say otherwise.</summary>
    [Theory]
    [InlineData("""{ "model_cfg": { "vision_cfg": { "head_width": 32 }, "text_cfg": { "heads": 2 } }, "preprocess_cfg": { "mean": [0.5, 0.4, 0.3], "std": [1, 1, 0.5] } }""", 6, 2, ClipActivation.Gelu)]
    [InlineData("""{ "model_cfg": { "quick_gelu": true, "vision_cfg": { }, "text_cfg": { } }, "preprocess_cfg": { "mean": [0.5, 0.4, 0.3], "std": [1, 1, 0.5] } }""", 3, 1, ClipActivation.QuickGelu)]
    public void ReadArchitecture_OfOpenClip_TakesWhatItsConfigurationSays(string json, int visionHeads, int textHeads, ClipActivation activation)
    {
        WriteShapes(_ => { }, ExportedModel.Architectures["ViT, QuickGELU"] with { VisionWidth = 192, TextWidth = 64 });
        _directory.Write("open_clip_config.json", json);

        var architecture = ClipWeights.ReadArchitecture(_directory);

        Assert.Equal((visionHeads, textHeads, activation), (architecture.VisionHeads, architecture.TextHeads, architecture.Activation));
        Assert.Equal([0.5, 0.4, 0.3], architecture.ImageMean.AsEnumerable());
        Assert.Equal([1, 1, 0.5], architecture.ImageStandardDeviation.AsEnumerable());
    }

    private string Message() => Assert.Throws<InvalidDataException>(() => ClipWeights.ReadArchitecture(_directory)).Message;

    /// <summary>Writes a file whose parameters have the shapes of a small model, some of them changed.</summary>
    private void WriteShapes(Action<OrderedDictionary<string, int[]>> change, ClipArchitecture? architecture = null)
    {
        var shapes = ParameterShapes.Of(architecture ?? ExportedModel.Architectures["ViT, QuickGELU"]);
        change(shapes);
        WeightTensor.Write(_directory.Combine("model.safetensors"),
            [.. shapes.Select(s => new WeightTensor(s.Key, new float[s.Value.Aggregate(1, (product, axis) => product * axis)], s.Value))]);
    }
}
