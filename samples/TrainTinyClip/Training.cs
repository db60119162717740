using Microsoft.ML;
using Microsoft.ML.Clip;
using Microsoft.ML.Data;
using Samples;

namespace TrainTinyClip;

/// <summary>The two recipes.</summary>
/// <param name="command">What changes them.</param>
/// <param name="ranks">The processes that train together; null if there is but one.</param>
internal sealed class Training(CommandLine command, ICollective? ranks)
{
    /// <summary>The paper's modified ResNet, made for small images and two processor cores, and a text Transformer of one layer.</summary>
    private static readonly ClipArchitecture Small = new()
    {
        ImageSize = 80,
        ImageMean = [0.48, 0.45, 0.4],
        ImageStandardDeviation = [0.26, 0.26, 0.27],
        JointDimension = 128,
        Vision = ClipVisionKind.ModifiedResNet,
        ResidualBlock = ClipResidualBlock.Basic,
        StemKind = ClipStem.Patches,
        StemStride = 4,
        VisionWidth = 64,
        StageBlocks = [1, 2, 2],
        StageWidths = [64, 160, 352],
        ImagePooling = ClipImagePooling.Mean,
        VocabularySize = 1024,
        ContextLength = 32,
        TextWidth = 128,
        TextHeads = 4,
        TextLayers = 1,
    };

    /// <summary>
    /// Both sets at full length, most of it at 48 pixels, which costs a third. Images of CIFAR-10 come twice in an epoch: its ten classes would else
    /// have less of the network than the two hundred of Tiny ImageNet.
    /// </summary>
    public void Full(ImageFolder cifar, ImageFolder tiny, string work)
    {
        int train = command.Count("--train-per-class") ?? int.MaxValue, test = command.Count("--test-per-class") ?? 25;
        TrainingRow[] rows = [.. cifar.TrainingRows(train), .. cifar.TrainingRows(train), .. tiny.TrainingRows(train)];
        // Of CIFAR-10's 32 pixels the teacher sees less than what is to learn from it.
        var trust = (command.Number("--trust-cifar") ?? 0.2, command.Number("--trust") ?? 0.7);
        double kind = command.Number("--kind") ?? 0.2, regularization = command.Number("--teacher-regularization") ?? 0.1;
        if (command.Has("--teacher"))
        {
            _ = FirstAlone(_ =>
            {
                Lessons.Give(rows, cifar, tiny, work, trust, kind, regularization);
                return true;
            });
        }
        Run(Small, rows,
            () => [new ZeroShotTest("CIFAR-10", cifar, test, Small.ImageSize), new ZeroShotTest("Tiny ImageNet", tiny, test, Small.ImageSize)],
            new Recipe(Steps: 14_000, Batch: 256, Warmup: 400, Decay: 0.1, Crop: 0.7, ReducedImageSize: 48, ReducedShare: 0.85, Evaluations: 7),
            Path.Combine(work, "full"));
    }

    /// <summary>A small network on a few thousand images.</summary>
    public void Smoke(ImageFolder set, IReadOnlyList<(string Name, ImageFolder Set)> others, string work)
    {
        var architecture = Small with { ImageSize = 64, VisionWidth = 32, StageBlocks = [1, 1, 1], StageWidths = [32, 64, 128] };
        int train = command.Count("--train-per-class") ?? 300, test = command.Count("--test-per-class") ?? 30;
        TrainingRow[] rows = [.. set.TrainingRows(train)];
        Run(architecture, rows,
            () => [new ZeroShotTest(Path.GetFileName(set.Root), set, test, architecture.ImageSize),
                .. others.Select(o => new ZeroShotTest(o.Name, o.Set, test, architecture.ImageSize))],
            new Recipe(Steps: 4 * rows.Length / 128, Batch: 128, Warmup: 10, Decay: 0.05, Crop: 0.6, ReducedImageSize: architecture.ImageSize,
                ReducedShare: 0, Evaluations: 2),
            Path.Combine(work, "smoke"));
    }

    /// <summary>Has the first rank do something on which the others then rely: unpacking, drawing. It is told whether it is the first.</summary>
    public T FirstAlone<T>(Func<bool, T> work)
    {
        if (IsFirst)
        {
            var result = work(true);
            ranks?.Barrier();
            return result;
        }
        ranks!.Barrier();
        return work(false);
    }

    private bool IsFirst => ranks is null or { Rank: 0 };

    private void Run(ClipArchitecture architecture, IReadOnlyList<TrainingRow> rows, Func<ZeroShotTest[]> makeTests, Recipe recipe, string output)
    {
        var tests = IsFirst ? makeTests() : [];
        int batch = command.Count("--batch") ?? recipe.Batch, steps = command.Count("--steps") ?? recipe.Steps;
        var started = DateTime.UtcNow;
        var trainer = new ClipContrastiveTrainer(nameof(TrainingRow.Path), nameof(TrainingRow.Captions), new ClipContrastiveTrainer.Options
        {
            Architecture = architecture,
            GroupColumnName = nameof(TrainingRow.Group),
            GroupShareColumnName = rows[0].Shares.Length > 0 ? nameof(TrainingRow.Shares) : null,
            Loss = ClipTrainingLoss.MultiPositive,
            CaptionsOfAllGroups = true,
            OneTextPerGroup = true,
            BatchSize = batch,
            Collective = ranks,
            Threads = command.Count("--threads") ?? (ranks is null ? Math.Min(2, Environment.ProcessorCount) : 1),
            Steps = steps,
            WarmupSteps = recipe.Warmup,
            LearningRate = command.Number("--rate") ?? 3e-3,
            WeightDecay = command.Number("--decay") ?? recipe.Decay,
            Beta2 = 0.99,
            AverageDecay = command.Number("--average") ?? 0.998,
            ReducedImageSize = recipe.ReducedImageSize,
            ReducedSteps = (int)(steps * recipe.ReducedShare),
            MinimumCropArea = command.Number("--crop") ?? recipe.Crop,
            MaximumShift = command.Number("--shift") ?? 0.06,
            BFloat16 = !command.Has("--float32"),
            CheckpointPath = command.Text("--checkpoint") ?? output + ".safetensors",
            CheckpointEvery = 200,
            EvaluateEvery = Math.Max(1, steps / recipe.Evaluations),
            Evaluate = model => Console.WriteLine($"[{DateTime.UtcNow - started:hh\\:mm\\:ss}] step {model.Step}: {string.Join("; ", tests.Select(t => t.Run(model)))}"),
        });
        if (IsFirst)
        {
            Console.WriteLine($"{rows.Count} images, {steps} steps of {batch}{(ranks is null ? "" : $", {ranks.Size} processes")}");
        }
        using var model = trainer.Fit(Load(rows), new ProgressReport());
        if (!IsFirst)
        {
            return;
        }
        string directory = command.Text("--export") ?? output + "-model";
        model.Export(directory, new ClipOnnxExportOptions { Precision = ClipWeightPrecision.Int8 });
        Console.WriteLine($"[{DateTime.UtcNow - started:hh\\:mm\\:ss}] exported to {directory}, exp(t) = {model.LogitScale:f1}");
    }

    private static IDataView Load(IReadOnlyList<TrainingRow> rows)
    {
        var schema = SchemaDefinition.Create(typeof(TrainingRow));
        schema[nameof(TrainingRow.Shares)].ColumnType = new VectorDataViewType(NumberDataViewType.Single, rows[0].Shares.Length);
        return new MLContext().Data.LoadFromEnumerable(rows, schema);
    }
}
