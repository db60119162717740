using System.Text.RegularExpressions;

namespace Microsoft.ML.Clip.Tests;

/// <summary>The code of the package's README, compiled and run.</summary>
public sealed partial class ReadmeTests
{
    private static string Readme { get; } = Path.Combine(BuildFacts.RepositoryRoot, "src", "Microsoft.ML.Clip.TorchSharp", "README.md");

    [Fact]
    public void Snippets_OfTheReadme_StandHere()
    {
        string here = Words(At().Replace(File.ReadAllText(ThisFile), "$1")).Replace("Steps = steps", "Steps = 5000", StringComparison.Ordinal)
            .Replace("Steps = tuning, ", "", StringComparison.Ordinal);
        string[] blocks = [.. CodeBlock().Matches(File.ReadAllText(Readme)).Select(m => m.Groups[1].Value)];
        Assert.Equal(2, blocks.Length);
        Assert.All(blocks, block => Assert.Contains(
            Words(string.Join('\n', block.Split('\n').Where(line => !line.StartsWith("using Microsoft", StringComparison.Ordinal)))), here, StringComparison.Ordinal));
    }

    [Fact]
    public void Snippets_OfTheReadme_Run()
    {
        using var directory = new TemporaryDirectory();
        string At(string name) => directory.Combine(name);
        Directory.CreateDirectory(At("photos"));
        for (int i = 0; i < 6; i++)
        {
            File.WriteAllBytes(At($"photos/{i}.png"), TrainingFixture.SolidImage(i % 4, seed: i));
            File.WriteAllText(At($"photos/{i}.txt"), $"image {i}");
        }
        const int steps = 2, tuning = 1;

        // README
        var ml = new MLContext();
        var pairs = ml.Data.LoadFromEnumerable(Directory.GetFiles(At("photos"), "*.png")
            .Select(file => new { Path = file, Caption = File.ReadAllText(Path.ChangeExtension(file, ".txt")) }));
        using var stop = new CancellationTokenSource();     // stop.Cancel() ends the training and keeps what it has done

        var trainer = new ClipContrastiveTrainer("Path", "Caption", new ClipContrastiveTrainer.Options
        {
            Architecture = ClipArchitecture.Tiny,           // the default; or Small, ViTB32, RN50, ..., or two towers of any size
            Steps = steps,
            CheckpointPath = At("run.safetensors"),             // a run that was stopped goes on from here
        });
        using var trained = trainer.Fit(pairs, new Progress<ClipTrainingProgress>(Console.WriteLine), stop.Token);

        trained.Export(At("my-clip"));                          // ONNX files for ClipModel.Load and other readers
        trained.SaveWeights(At("my-weights"));                  // safetensors for transformers' CLIPModel, and for going on
        using var clip = trained.CreateClipModel();         // or at once
        var pipeline = ml.Transforms.ClipImageEmbedding("Features", "Path", clip);
        // end

        float[][] atOnce = pipeline.Fit(pairs).Transform(pairs).GetColumnOf("Features");
        using var exported = ClipModel.Load(At("my-clip"));
        Assert.Equal(atOnce, ml.Transforms.ClipImageEmbedding("Features", "Path", exported).Fit(pairs).Transform(pairs).GetColumnOf("Features"));
        Assert.Equal(trained.LogitScale, clip.LogitScale, 1e-4);
        Assert.True(File.Exists(At("run.safetensors")));
        Assert.Equal(ClipArchitecture.Tiny.JointDimension, atOnce[0].Length);
        Directory.Move(At("my-weights"), At("clip-vit-base-patch32"));

        // README
        ClipOnnxExporter.Convert(At("clip-vit-base-patch32"), At("clip-onnx"));                  // what Hugging Face publishes, for ClipModel.Load

        var architecture = ClipWeights.ReadArchitecture(At("clip-vit-base-patch32"));        // or to go on from
        var weights = ClipWeights.Load(At("clip-vit-base-patch32"), architecture);
        using var tuned = new ClipContrastiveTrainer("Path", "Caption", new ClipContrastiveTrainer.Options
        {
            Steps = tuning,
            Architecture = architecture,
            InitialWeights = weights,
            TokenizerDirectory = At("clip-vit-base-patch32"),
            LearningRate = 5e-6,
        }).Fit(pairs);
        // end

        weights.Values.ToList().ForEach(w => w.Dispose());
        using var converted = ClipModel.Load(At("clip-onnx"));
        Assert.Equal(atOnce, ml.Transforms.ClipImageEmbedding("Features", "Path", converted).Fit(pairs).Transform(pairs).GetColumnOf("Features"));
    }

    /// <summary>The text without what a formatter may change.</summary>
    private static string Words(string code) => string.Join(' ', code.Split([' ', '\n', '\r'], StringSplitOptions.RemoveEmptyEntries));

    private static string ThisFile { get; } = Path.Combine(BuildFacts.RepositoryRoot, "tests", "Microsoft.ML.Clip.TorchSharp.Tests", "Training", "ReadmeTests.cs");

    [GeneratedRegex("""At\(("[^"]*")\)""")]
    private static partial Regex At();

    [GeneratedRegex(@"```csharp\r?\n(.*?)```", RegexOptions.Singleline)]
    private static partial Regex CodeBlock();
}
