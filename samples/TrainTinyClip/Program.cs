using System.Collections.Immutable;
using System.Globalization;
using Microsoft.ML;
using Microsoft.ML.Clip;
using TrainTinyClip;

// Trains a small CLIP from scratch on CIFAR-10 and Tiny ImageNet.
var arguments = new Arguments(args);
bool full = arguments.Has("full");
string data = arguments.Text("data", Path.Combine("..", "shared", "data"));
string work = arguments.Text("work", Path.Combine(Path.GetTempPath(), "train-tiny-clip"));
int trainPerClass = arguments.Int("train-per-class", full ? int.MaxValue : 100);
int testPerClass = arguments.Int("test-per-class", full ? int.MaxValue : 20);
int width = arguments.Int("width", full ? 48 : 32);
CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;

var architecture = new ClipArchitecture
{
    ImageSize = 64,
    ImageMean = [0.48, 0.45, 0.4],
    ImageStandardDeviation = [0.26, 0.26, 0.27],
    JointDimension = 128,
    Vision = ClipVisionKind.ModifiedResNet,
    ResidualBlock = ClipResidualBlock.Basic,
    StemKind = ClipStem.Patches,
    StemStride = 4,
    VisionWidth = width,
    StageBlocks = [.. arguments.Text("blocks", "1,2,2").Split(',').Select(int.Parse)],
    StageWidths = arguments.Has("widths") ? [.. arguments.Text("widths", "").Split(',').Select(int.Parse)] : full ? [48, 128, 256] : [32, 64, 128],
    ImagePooling = ClipImagePooling.Mean,
    VocabularySize = 1024,
    ContextLength = 32,
    TextWidth = 128,
    TextHeads = 4,
    TextLayers = 1,
};

ImageFolder cifar = ImageFolders.OpenCifar10(data, work), tiny = ImageFolders.OpenTinyImageNet(data, work);
ZeroShotTest[] tests = [new("CIFAR-10", cifar, testPerClass, architecture.ImageSize), new("Tiny ImageNet", tiny, testPerClass, architecture.ImageSize)];
IReadOnlyList<TrainingRow> rows = [.. cifar.TrainingRows(trainPerClass), .. tiny.TrainingRows(trainPerClass)];
int batchSize = arguments.Int("batch", 128);
int steps = arguments.Int("steps", (int)(arguments.Double("epochs", full ? 8 : 2) * rows.Count / batchSize));

var started = DateTime.UtcNow;
var trainer = new ClipContrastiveTrainer(nameof(TrainingRow.Path), nameof(TrainingRow.Captions), new ClipContrastiveTrainer.Options
{
    Architecture = architecture,
    GroupColumnName = nameof(TrainingRow.Group),
    Loss = ClipTrainingLoss.MultiPositive,
    CaptionsOfAllGroups = true,
    OneTextPerGroup = true,
    BatchSize = batchSize,
    Threads = arguments.Int("threads", Math.Min(2, Environment.ProcessorCount)),
    Steps = steps,
    WarmupSteps = arguments.Int("warmup", Math.Min(400, steps / 10)),
    LearningRate = arguments.Double("rate", 3e-3),
    WeightDecay = arguments.Double("decay", 0.05),
    Beta2 = 0.99,
    AverageDecay = arguments.Double("average", 0.998),
    MinimumCropArea = arguments.Double("crop", 0.6),
    MaximumShift = arguments.Double("shift", 0.06),
    BFloat16 = !arguments.Has("float32"),
    CheckpointPath = arguments.Text("checkpoint", Path.Combine(work, full ? "full.checkpoint" : "smoke.checkpoint")),
    CheckpointEvery = arguments.Int("checkpoint-every", 250),
    ReportEvery = arguments.Int("report-every", 25),
    EvaluateEvery = arguments.Int("evaluate-every", Math.Max(1, steps / 10)),
    Evaluate = model => Console.WriteLine($"[{DateTime.UtcNow - started:hh\\:mm\\:ss}] step {model.Step}: {string.Join("; ", tests.Select(t => t.Run(model)))}"),
});
Console.WriteLine($"{rows.Count} images, {steps} steps of {batchSize}");
using ClipContrastiveModel model = trainer.Fit(new MLContext().Data.LoadFromEnumerable(rows), new ProgressReport(started));
