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
    public void ReadArchitecture_BrokenConfiguration_NamesFileAndProperty(string json, string expected)
    {
        string path = _directory.Write("config.json", json);

        var error = Assert.Throws<InvalidDataException>(() => ClipWeights.ReadArchitecture(_directory));

        Assert.Contains(path, error.Message, StringComparison.Ordinal);
        Assert.Contains(expected, error.Message, StringComparison.Ordinal);
    }
}
