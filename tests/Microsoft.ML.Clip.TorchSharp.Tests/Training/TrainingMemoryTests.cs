namespace Microsoft.ML.Clip.Tests;

/// <summary>What is said of a large network before anything of it is made, and how its batches are cut.</summary>
public sealed class TrainingMemoryTests
{
    private const long Gigabyte = 1_000_000_000;

    [Fact]
    public void Warning_OfViTB32OnAProcessor_SaysWhatItTakesAndWhatElseThereIs()
    {
        string? warning = TrainingMemory.Warning(new() { Architecture = ClipArchitecture.ViTB32 }, ClipArchitecture.ViTB32, 256, 64 * Gigabyte);

        Assert.Contains("a network of 151 million parameters with batches of 256 on a CPU takes about 3.5 GB of memory", warning, StringComparison.Ordinal);
        Assert.Contains("ClipArchitecture.Small and Tiny train on a CPU; Device = \"cuda\" trains on a GPU.", warning, StringComparison.Ordinal);
    }

    [Fact]
    public void Warning_OfMoreThanThereIs_SaysSo() => Assert.Contains("but the process may use 0.5 GB",
        TrainingMemory.Warning(new(), ClipArchitecture.Small, 256, Gigabyte / 2), StringComparison.Ordinal);

    [Theory]
    [InlineData("Tiny", "cpu")]
    [InlineData("Small", "cpu")]
    [InlineData("ViT-B/32", "cuda")]
    public void Warning_OfWhatTrainsHere_IsNone(string preset, string device) =>
        Assert.Null(TrainingMemory.Warning(
            new() { Architecture = ClipArchitecture.Presets[preset], Device = device }, ClipArchitecture.Presets[preset], 256, 64 * Gigabyte));

    [Fact]
    public void PartOf_ALargeBatch_IsWhatAGigabyteHolds()
    {
        var options = new ClipContrastiveTrainer.Options { Architecture = ClipArchitecture.ViTB32 };

        int part = TrainingMemory.PartOf(options, 256)!.Value;

        Assert.InRange(part * TrainingMemory.OfPair(options.Architecture), TrainingMemory.PartBudget / 2, TrainingMemory.PartBudget);
        Assert.IsType<CachedGradientStep>(IGradientStep.Choose(options, 256));
        Assert.IsType<PlainGradientStep>(IGradientStep.Choose(options, part));
        Assert.IsType<PlainGradientStep>(IGradientStep.Choose(options with { MicroBatchSize = 256 }, 256));
        Assert.IsType<PlainGradientStep>(IGradientStep.Choose(options with { Device = "cuda" }, 256));
        Assert.IsType<PlainGradientStep>(IGradientStep.Choose(options with { Architecture = ClipArchitecture.RN50 }, 256));
    }
}
