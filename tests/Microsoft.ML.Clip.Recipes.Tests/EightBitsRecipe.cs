namespace Microsoft.ML.Clip.Tests;

/// <summary>docs/recipes/eight-bits.md: a model in 8 bits.</summary>
public sealed class EightBitsRecipe : IDisposable
{
    private readonly RecipeFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Runs()
    {
        string modelDirectory = RecipeFolder.TinyClip;
        _folder.DrawClasses("photographs", 20, "red", "blue", "green", "yellow");
        File.WriteAllLines(At("captions.txt"), Enumerable.Range(0, 40).Select(i => $"a photo of {i} {(i % 3 == 0 ? "ships" : "birds")} and a truck"));

        // docs/recipes/eight-bits.md
        string[] photographs = Directory.GetFiles(At("photographs"), "*.png", SearchOption.AllDirectories);
        string[] captions = File.ReadAllLines(At("captions.txt"));                    // what people will search for
        string[] labels = ["tabby cat", "espresso", "rocket"];

        var report = ClipModel.Quantize(modelDirectory, At("model-int8"), new()
        {
            Images = [.. photographs],                                        // without labels; 64 of them set the scales, others are compared
            Captions = captions,
            Labels = labels,                                                  // zero-shot decisions of both models are compared
            TargetCosine = 0.99,                                              // layers are left in float, by measurement, until it is that near
            MinimumCosine = 0.98,                                             // refuse to write a model that is further from the original
            Progress = new ConsoleLines(),
        });
        Console.WriteLine(report);
        if (report.TopOneAgreement < 0.9)
        {
            Console.WriteLine("The two disagree on more than a tenth of the pictures: try TargetCosine = 1, which leaves more layers in float.");
        }

        using var clip = ClipModel.Load(At("model-int8"), new() { Variant = report.Variant });
        float[] embedding = clip.EncodeImage(photographs[0]);
        // end

        Assert.True(report.IsGood);
        Assert.False(report.Images!.IsOnGeneratedInputs);
        Assert.True(report.Images.IsHeldOut);
        Assert.Equal(40, report.Decisions);
        Assert.NotNull(report.Images.Speedup);
        using var original = ClipModel.Load(modelDirectory);
        Assert.True(ClipSimilarity.Cosine(embedding, original.EncodeImage(photographs[0])) > 0.98f);
    }

    private string At(string relativePath) => _folder.At(relativePath);

    // docs/recipes/eight-bits.md
    private sealed class ConsoleLines : IProgress<string>
    {
        public void Report(string value) => Console.Error.WriteLine(value);
    }
    // end
}
