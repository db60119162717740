using Microsoft.ML;
using Microsoft.ML.Clip;

namespace TrainTinyClip;

/// <summary>The two recipes.</summary>
internal static class Training
{
    /// <summary>The paper's modified ResNet, made for 64 pixels and two processor cores, and a text Transformer of one layer.</summary>
    private static readonly ClipArchitecture Small = new()
    {
        ImageSize = 64,
        ImageMean = [0.48, 0.45, 0.4],
        ImageStandardDeviation = [0.26, 0.26, 0.27],
        JointDimension = 128,
        Vision = ClipVisionKind.ModifiedResNet,
        ResidualBlock = ClipResidualBlock.Basic,
        StemKind = ClipStem.Patches,
        StemStride = 4,
        VisionWidth = 48,
        StageBlocks = [1, 2, 2],
        StageWidths = [48, 128, 256],
        ImagePooling = ClipImagePooling.Mean,
        VocabularySize = 1024,
        ContextLength = 32,
        TextWidth = 128,
        TextHeads = 4,
        TextLayers = 1,
    };

    /// <summary>Both sets at full length.</summary>
    public static void Full(Arguments arguments, string data, string work)
    {
        ImageFolder cifar = ImageFolders.OpenCifar10(data, work), tiny = ImageFolders.OpenTinyImageNet(data, work);
        int train = arguments.Int("train-per-class", int.MaxValue), test = arguments.Int("test-per-class", 25);
        Run(arguments, Small, [.. cifar.TrainingRows(train), .. tiny.TrainingRows(train)],
            [new ZeroShotTest("CIFAR-10", cifar, test, Small.ImageSize), new ZeroShotTest("Tiny ImageNet", tiny, test, Small.ImageSize)],
            epochs: 8, warmup: 400, evaluations: 6, Path.Combine(work, "full"));
    }

    /// <summary>A small network on a few thousand images.</summary>
    public static void Smoke(Arguments arguments, ImageFolder set, IReadOnlyList<(string Name, ImageFolder Set)> others, string work)
    {
        ClipArchitecture architecture = Small with { VisionWidth = 32, StageBlocks = [1, 1, 1], StageWidths = [32, 64, 128] };
        int train = arguments.Int("train-per-class", 300), test = arguments.Int("test-per-class", 30);
        Run(arguments, architecture, [.. set.TrainingRows(train)],
            [new ZeroShotTest(Path.GetFileName(set.Root), set, test, Small.ImageSize), .. others.Select(o => new ZeroShotTest(o.Name, o.Set, test, Small.ImageSize))],
            epochs: 4, warmup: 10, evaluations: 2, Path.Combine(work, "smoke"));
    }

    private static void Run(Arguments arguments, ClipArchitecture architecture, IReadOnlyList<TrainingRow> rows, ZeroShotTest[] tests, double epochs, int warmup, int evaluations, string output)
    {
        if (arguments.Has("widths")) architecture = architecture with { VisionWidth = arguments.Int("stem", 48), StageWidths = [.. arguments.Text("widths", "").Split(',').Select(int.Parse)], StageBlocks = [.. arguments.Text("blocks", "").Split(',').Select(int.Parse)], StemStride = arguments.Int("stride", 4) };
        int batch = arguments.Int("batch", 128);
        int steps = arguments.Int("steps", (int)(arguments.Double("epochs", epochs) * rows.Count / batch));
        DateTime started = DateTime.UtcNow;
        var trainer = new ClipContrastiveTrainer(nameof(TrainingRow.Path), nameof(TrainingRow.Captions), new ClipContrastiveTrainer.Options
        {
            Architecture = architecture,
            GroupColumnName = nameof(TrainingRow.Group),
            Loss = ClipTrainingLoss.MultiPositive,
            CaptionsOfAllGroups = true,
            OneTextPerGroup = true,
            BatchSize = batch,
            Threads = arguments.Int("threads", Math.Min(2, Environment.ProcessorCount)),
            Steps = steps,
            WarmupSteps = warmup,
            LearningRate = arguments.Double("rate", 3e-3),
            WeightDecay = arguments.Double("decay", 0.05),
            Beta2 = 0.99,
            AverageDecay = arguments.Double("average", 0.998),
            ReducedImageSize = arguments.Int("reduced", 64),
            ReducedSteps = arguments.Int("reduced-steps", 0),
            MinimumCropArea = arguments.Double("crop", 0.6),
            MaximumShift = arguments.Double("shift", 0.06),
            BFloat16 = !arguments.Has("float32"),
            CheckpointPath = arguments.Text("checkpoint", output + ".safetensors"),
            CheckpointEvery = 200,
            ReportEvery = 20,
            EvaluateEvery = Math.Max(1, steps / evaluations),
            Evaluate = model => Console.WriteLine($"[{DateTime.UtcNow - started:hh\\:mm\\:ss}] step {model.Step}: {string.Join("; ", tests.Select(t => t.Run(model)))}"),
        });
        Console.WriteLine($"{rows.Count} images, {steps} steps of {batch}");
        using ClipContrastiveModel model = trainer.Fit(new MLContext().Data.LoadFromEnumerable(rows), new ProgressReport(started));
        string directory = arguments.Text("export", output + "-model");
        model.Export(directory, new ClipOnnxExportOptions { Precision = ClipWeightPrecision.Int8 });
        Console.WriteLine($"[{DateTime.UtcNow - started:hh\\:mm\\:ss}] exported to {directory}, exp(t) = {model.LogitScale:f1}");
    }
}
