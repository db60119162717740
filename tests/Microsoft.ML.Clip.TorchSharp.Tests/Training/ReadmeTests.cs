namespace Microsoft.ML.Clip.Tests;

/// <summary>The code of the package's README, compiled and run.</summary>
public sealed class ReadmeTests
{
    private static string Readme { get; } = Path.Combine(BuildFacts.RepositoryRoot, "src", "Microsoft.ML.Clip.TorchSharp", "README.md");

    [Fact]
    public void Snippet_OfTheReadme_StandsHere()
    {
        string readme = File.ReadAllText(Readme);
        string code = readme.Split("```csharp\n")[1].Split("```")[0];
        code = string.Join('\n', code.Split('\n').Where(line => !line.StartsWith("using Microsoft", StringComparison.Ordinal)));
        string here = File.ReadAllText(ThisFile).Replace("At(\"run.safetensors\")", "\"run.safetensors\"", StringComparison.Ordinal)
            .Replace("At(\"my-clip\")", "\"my-clip\"", StringComparison.Ordinal).Replace("Steps = steps", "Steps = 5000", StringComparison.Ordinal);
        Assert.Contains(Words(code), Words(here), StringComparison.Ordinal);
    }

    [Fact]
    public void Snippet_OfTheReadme_Runs()
    {
        using var directory = new TemporaryDirectory();
        string At(string name) => directory.Combine(name);
        var architecture = SmallArchitectures.SmallResNet;
        string[] paths = TestImages.Write(directory, 6);
        var pairs = new MLContext().Data.LoadFromEnumerable(paths.Select((path, i) => new { Path = path, Captions = new[] { $"image {i}", $"picture {i}" } }));
        const int steps = 2;
        var progress = new TrainingFixture.Reports();
        var cancellationToken = TestContext.Current.CancellationToken;

        // README
        var trainer = new ClipContrastiveTrainer("Path", "Captions", new ClipContrastiveTrainer.Options
        {
            Architecture = architecture,                     // two towers of any size; the default is OpenAI's ViT-B/32
            Steps = steps,
            CheckpointPath = At("run.safetensors"),              // a run that was stopped goes on from here
        });
        using var trained = trainer.Fit(pairs, progress, cancellationToken);

        trained.Export(At("my-clip"));                           // ONNX files for ClipModel.Load and other readers
        using var clip = trained.CreateClipModel();    // or at once
        var pipeline = new MLContext().Transforms.ClipImageEmbedding("Features", "Path", clip);
        // end

        float[][] atOnce = pipeline.Fit(pairs).Transform(pairs).GetColumnOf("Features");
        using var exported = ClipModel.Load(At("my-clip"));
        Assert.Equal(atOnce, new MLContext().Transforms.ClipImageEmbedding("Features", "Path", exported).Fit(pairs).Transform(pairs).GetColumnOf("Features"));
        Assert.Equal(trained.LogitScale, clip.LogitScale, 1e-4);
        Assert.True(File.Exists(At("run.safetensors")));
        Assert.Equal(architecture.JointDimension, atOnce[0].Length);
    }

    /// <summary>The text without what a formatter may change.</summary>
    private static string Words(string code) => string.Join(' ', code.Split([' ', '\n', '\r'], StringSplitOptions.RemoveEmptyEntries));

    private static string ThisFile { get; } = Path.Combine(BuildFacts.RepositoryRoot, "tests", "Microsoft.ML.Clip.TorchSharp.Tests", "Training", "ReadmeTests.cs");
}
