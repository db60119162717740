using System.Text.Json;

namespace Microsoft.ML.Clip.Tests;

/// <summary>The models that people name are what they are called.</summary>
public sealed class PresetTests
{
    /// <summary>The numbers of OpenAI's models, as the notebooks of openai/CLIP and of others print them; the last two are this library's own.</summary>
    [Theory]
    [InlineData("ViT-B/32", 151_277_313)]
    [InlineData("ViT-B/16", 149_620_737)]
    [InlineData("ViT-L/14", 427_616_513)]
    [InlineData("ViT-L/14@336px", 427_944_193)]
    [InlineData("RN50", 102_007_137)]
    [InlineData("RN101", 119_688_033)]
    [InlineData("RN50x4", 178_300_601)]
    [InlineData("RN50x16", 290_979_217)]
    [InlineData("RN50x64", 623_258_305)]
    [InlineData("Tiny", 2_311_041)]
    [InlineData("Small", 14_030_081)]
    public void ParameterCount_OfAPreset_IsTheKnownOne(string name, long expected) => Assert.Equal(expected, ClipArchitecture.Presets[name].ParameterCount);

    [Fact]
    public void Presets_AreValid_AndFoundWhateverTheCase()
    {
        Assert.Equal(11, ClipArchitecture.Presets.Count);
        Assert.All(ClipArchitecture.Presets.Values, architecture => architecture.Validate());
        Assert.Same(ClipArchitecture.ViTB32, ClipArchitecture.Presets["vit-b/32"]);
        Assert.Equal(JsonSerializer.Serialize(new ClipArchitecture()), JsonSerializer.Serialize(ClipArchitecture.ViTB32));
    }

    /// <summary>Checkpoints are known by the architecture as text; what is computed from it must not be there, or older ones fit no more.</summary>
    [Fact]
    public void ParameterCount_IsNoPartOfTheSerialisedArchitecture() =>
        Assert.DoesNotContain(nameof(ClipArchitecture.ParameterCount), JsonSerializer.Serialize(ClipArchitecture.Tiny), StringComparison.Ordinal);

    [Fact]
    public void Options_WithoutAnArchitecture_TrainWhatACpuCan() =>
        Assert.InRange(new ClipContrastiveTrainer.Options().Architecture.ParameterCount, 1, TrainingMemory.LargeForProcessor);
}
