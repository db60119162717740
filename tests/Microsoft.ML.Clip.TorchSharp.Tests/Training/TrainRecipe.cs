using System.Text.RegularExpressions;
using Microsoft.ML.Data;
using SkiaSharp;

namespace Microsoft.ML.Clip.Tests;

/// <summary>docs/recipes/train.md: 500 pairs, stopped and resumed, and what was trained put to use.</summary>
public sealed partial class TrainRecipe : IDisposable
{
    private static readonly Dictionary<string, SKColor> Colours = new()
    {
        ["red"] = SKColors.Red,
        ["green"] = SKColors.Lime,
        ["blue"] = SKColors.Blue,
        ["white"] = SKColors.White,
    };

    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void Runs()
    {
        Draw(500);
        using var stop = new CancellationTokenSource();
        var progress = new StopAfterTheFirstStep(stop);

        // docs/recipes/train.md
        var ml = new MLContext();
        var pairs = ml.Data.LoadFromEnumerable(Directory.GetFiles(At("pairs"), "*.png").Order(StringComparer.Ordinal)
            .Select(file => new Pair { Image = file, Caption = File.ReadAllText(Path.ChangeExtension(file, ".txt")) }));

        var options = new ClipContrastiveTrainer.Options
        {
            Architecture = ClipArchitecture.Tiny with { ImageSize = 32 },
            BatchSize = 32,
            Steps = 60,
            LearningRate = 1e-3,
            WarmupSteps = 5,
            CheckpointPath = At("run.safetensors"),
            CheckpointEvery = 20,
            Log = Console.WriteLine,            // "Resumed at step 20 of 60, from 'run.safetensors'."
        };
        // end

        // docs/recipes/train.md
        try
        {
            using var interrupted = new ClipContrastiveTrainer("Image", "Caption", options).Fit(pairs, progress, stop.Token);
        }
        catch (OperationCanceledException e)
        {
            Console.WriteLine(e.Message);       // "The training was cancelled after 27 of 60 steps. They are kept in 'run.safetensors', ..."
        }
        // end

        Assert.True(File.Exists(At("run.safetensors")));
        Assert.Equal(1, progress.Last!.Step);

        // docs/recipes/train.md
        using var trained = new ClipContrastiveTrainer("Image", "Caption", options).Fit(pairs, progress);
        trained.Export(At("my-clip"));              // for ClipModel.Load
        trained.SaveWeights(At("my-weights"));      // for transformers' CLIPModel, or to go on with other pairs
        // end

        Assert.Equal((60, 1), (progress.Last.Step, progress.Last.ResumedAt));

        // docs/recipes/train.md
        using var clip = ClipModel.Load(At("my-clip"));
        var embedded = ml.Transforms.ClipImageEmbedding("Features", "Image", clip).Fit(pairs).Transform(pairs);
        float[] text = clip.EncodeTexts(["a red disc"])[0];
        int best = ClipSimilarity.TopK(text, [.. embedded.GetColumn<float[]>("Features")], 1)[0].Index;
        // end

        Assert.Contains("red", pairs.GetColumn<string>("Caption").ElementAt(best), StringComparison.Ordinal);
    }

    /// <summary>The recipe's code is the code above, word for word.</summary>
    [Fact]
    public void Code_OfTheRecipe_StandsHere()
    {
        string root = BuildFacts.RepositoryRoot;
        string here = Words(PlainPath().Replace(File.ReadAllText(Path.Combine(root, "tests", "Microsoft.ML.Clip.TorchSharp.Tests", "Training", "TrainRecipe.cs")), "$1"));
        var blocks = CodeBlock().Matches(File.ReadAllText(Path.Combine(root, "docs", "recipes", "train.md")));
        Assert.Equal(5, blocks.Count);
        Assert.All(blocks, block => Assert.Contains(Words(Using().Replace(block.Groups[1].Value, "")), here, StringComparison.Ordinal));
    }

    private string At(string path) => _directory.Combine(path);

    /// <summary>Discs and squares in four colours, each at another place.</summary>
    private void Draw(int count)
    {
        Directory.CreateDirectory(At("pairs"));
        var random = new Random(3);
        for (int i = 0; i < count; i++)
        {
            var (name, colour) = Colours.ElementAt(i % Colours.Count);
            bool isDisc = i / Colours.Count % 2 == 0;
            using var bitmap = new SKBitmap(40, 40);
            using var canvas = new SKCanvas(bitmap);
            using var paint = new SKPaint { Color = colour };
            canvas.Clear(new SKColor((byte)random.Next(80), (byte)random.Next(80), (byte)random.Next(80)));
            float x = random.Next(12, 28), y = random.Next(12, 28), radius = random.Next(8, 12);
            if (isDisc)
            {
                canvas.DrawCircle(x, y, radius, paint);
            }
            else
            {
                canvas.DrawRect(x - radius, y - radius, 2 * radius, 2 * radius, paint);
            }
            using var data = bitmap.Encode(SKEncodedImageFormat.Png, 100);
            File.WriteAllBytes(At($"pairs/{i:000}.png"), data.ToArray());
            File.WriteAllText(At($"pairs/{i:000}.txt"), $"a {name} {(isDisc ? "disc" : "square")}");
        }
    }

    private static string Words(string code) => WhiteSpace().Replace(code, " ").Trim();

    // docs/recipes/train.md
    private sealed class Pair
    {
        public string Image { get; set; } = "";
        public string Caption { get; set; } = "";
    }
    // end

    private sealed class StopAfterTheFirstStep(CancellationTokenSource stop) : IProgress<ClipTrainingProgress>
    {
        public ClipTrainingProgress? Last { get; private set; }

        public void Report(ClipTrainingProgress value)
        {
            Last = value;
            if (value.Step == 1)
            {
                stop.Cancel();
            }
        }
    }

    [GeneratedRegex("""At\(("[^"]*")\)""")]
    private static partial Regex PlainPath();

    [GeneratedRegex(@"^using [\w.]+;\r?\n", RegexOptions.Multiline)]
    private static partial Regex Using();

    [GeneratedRegex(@"```csharp\r?\n(.*?)```", RegexOptions.Singleline)]
    private static partial Regex CodeBlock();

    [GeneratedRegex(@"\s+")]
    private static partial Regex WhiteSpace();
}
