// 4. Train your own: a CLIP from nothing, on pairs of a picture and a sentence.
//
//   dotnet run notebooks/04-train.cs                       writes artifacts/notebooks/04-train/report.html
//
// Coloured shapes and their captions, a small network, and the loss of the paper's Figure 3, for pairs of which several have one caption. Some
// pairs of colour and shape are never shown: whether the words of those are understood is the question. It needs libtorch, some 475 MB, which NuGet brings.
#:project ../src/Microsoft.ML.Clip.Evaluation
#:project ../src/Microsoft.ML.Clip.TorchSharp
#:package Microsoft.ML.OnnxRuntime
#:package SkiaSharp
#:package TorchSharp-cpu
#:property PublishAot=false

using Microsoft.ML;
using Microsoft.ML.Clip;
using Notebooks;
using Samples;

// ## Pairs
// Blue, green, red: how pixels lie in memory.
(string Name, byte[] Paint)[] colours = [("red", [0, 0, 255]), ("green", [50, 205, 50]), ("blue", [225, 105, 65]), ("yellow", [0, 215, 255])];
Shape[] shapes = [Shape.Circle, Shape.Square, Shape.Triangle, Shape.Cross];
string[] neverShown = ["red square", "blue cross", "yellow circle"];
string folder = Directory.CreateTempSubdirectory("clip-train").FullName;
Pair[] train = [.. Draw("train", 30).Where(p => !neverShown.Contains(p.Caption))], test = [.. Draw("test", 8)];
Console.WriteLine($"{train.Length} pairs to learn from; {string.Join(", ", neverShown)} are not among them.");

// ## Training
var ml = new MLContext(seed: 1);
var seen = new List<ClipTrainingProgress>();
var options = new ClipContrastiveTrainer.Options
{
    Architecture = new()
    {
        ImageSize = 32,
        Vision = ClipVisionKind.ModifiedResNet,     // a convolution sees shapes sooner than a Transformer does
        ResidualBlock = ClipResidualBlock.Basic,
        StemKind = ClipStem.Patches,
        StemStride = 2,
        VisionWidth = 32,
        StageBlocks = [1, 1, 1],
        StageWidths = [32, 64, 128],
        ImagePooling = ClipImagePooling.Mean,
        JointDimension = 64,
        VocabularySize = 600,
        ContextLength = 16,
        TextWidth = 64,
        TextHeads = 2,
        TextLayers = 1,
    },
    BatchSize = 64,
    Steps = 100,
    WarmupSteps = 10,
    LearningRate = 3e-3,
    Loss = ClipTrainingLoss.MultiPositive,      // pictures with one caption are no rivals
    OneTextPerGroup = true,
    ReportEvery = 10,
    Seed = 1,
};
using var trained = new ClipContrastiveTrainer("Image", "Caption", options).Fit(ml.Data.LoadFromEnumerable(train), new Reports(seen));
var steps = seen.Where(p => p.Stage == ClipTrainingStage.Training && p.Step > 0).OrderBy(p => p.Step).DistinctBy(p => p.Step).ToArray();
Console.WriteLine($"Loss {steps[0].Loss:F2} at step {steps[0].Step}, {steps[^1].Loss:F2} at step {steps[^1].Step}; {steps[^1].Elapsed.TotalSeconds:F0} s.");
Notebook.Expect(steps[^1].Loss < steps[0].Loss / 2, "a loss that falls to less than half");

// ## What it has learned
// What comes out is a model as any other: the words are its classifier.
using var clip = trained.CreateClipModel();
string[] captions = [.. colours.SelectMany(c => shapes.Select(s => $"{c.Name} {s.Name}"))];
var classifier = ClipZeroShotClassifier.Create(clip, captions, ["{}"]);
ClipZeroShotPrediction[] found = [.. clip.EncodeImages([.. test.Select(p => ClipImageSource.FromFile(p.Image))]).Select(e => classifier.Classify(e))];
var shown = test.Zip(found).Where(x => !neverShown.Contains(x.First.Caption)).ToArray();
var fresh = test.Zip(found).Where(x => neverShown.Contains(x.First.Caption)).ToArray();
double known = shown.Average(x => x.First.Caption == x.Second.Label ? 1.0 : 0.0), unknown = fresh.Average(x => x.First.Caption == x.Second.Label ? 1.0 : 0.0);
Console.WriteLine($"Right: {known:P0} of pictures whose caption was shown, {unknown:P0} of those whose caption never was; guessing gives {1.0 / captions.Length:P0}.");
// Of a caption that was never shown the model may know the half: "red circle" for a red square has the colour.
double colour = fresh.Average(x => Word(x.First.Caption, 0) == Word(x.Second.Label, 0) ? 1.0 : 0.0);
double shape = fresh.Average(x => Word(x.First.Caption, 1) == Word(x.Second.Label, 1) ? 1.0 : 0.0);
Console.WriteLine($"Of those that never were shown, {colour:P0} have the right colour and {shape:P0} the right shape.");
Notebook.Expect(known > 0.6, "most pictures with captions that were shown are right");

// ## The page
int[] examples = [.. neverShown.Concat(captions.Except(neverShown).Take(5)).Select(c => Array.FindIndex(test, p => p.Caption == c))];
Notebook.Write(new ClipReport("Train your own: coloured shapes")
{
    Sections =
    [
        new("Training")
        {
            Blocks =
            [
                new ClipReportParagraph($"{train.Length} pairs, {options.Steps} steps of {options.BatchSize} pairs, {steps[^1].Elapsed.TotalSeconds:F0} seconds. Never shown: {string.Join(", ", neverShown)}; their colours and shapes were, but not together."),
                new ClipReportPlot("loss", ClipPlots.Lines("", new("Step"), new("Loss"), [new("loss", [.. steps.Select(p => new ClipPlotPoint(p.Step, p.Loss))])]), "The contrastive loss of a batch."),
                new ClipReportPlot("scale", ClipPlots.Lines("", new("Step"), new("Logit scale"), [new("logit scale", [.. steps.Select(p => new ClipPlotPoint(p.Step, p.LogitScale))])]), "The logit scale is learned, too: it grows as the model becomes sure."),
            ],
        },
        new("What it has learned")
        {
            Blocks =
            [
                new ClipReportPlot("right", ClipPlots.Bars("", ClipPlotAxis.Percent("Right, %"), [new("captions that were shown", known), new("captions that never were", unknown), new("their colour alone", colour), new("their shape alone", shape)],
                    new() { IsSorted = false, Marks = [new("guessing", 1.0 / captions.Length)] }), $"{test.Length} new pictures among {captions.Length} captions."),
                new ClipReportNote($"{train.Length / 30} captions are {train.Length / 30} points to learn, and nothing asks for colour and shape apart. What a model makes of words that it has only seen in other company depends on how many companies it has seen; hundreds of millions of pairs are what CLIP has."),
                examples.Select(i => found[i]).ToArray().ToTable(classifier, [.. examples.Select(i => test[i].Image)], "Pictures of captions that never were shown first; a file has its caption's name"),
            ],
        },
    ],
}, args);
Directory.Delete(folder, recursive: true);

static string? Word(string? caption, int place) => caption?.Split(' ')[place];

IEnumerable<Pair> Draw(string part, int count)
{
    foreach (var (colour, i) in colours.Select((c, i) => (c, i)))
    {
        foreach (var (shape, j) in shapes.Select((s, j) => (s, j)))
        {
            for (int k = 0; k < count; k++)
            {
                var random = new Random((part == "test" ? 1_000_000 : 0) + (10_000 * i) + (1_000 * j) + k);
                byte ground = (byte)random.Next(150, 250);
                string file = Path.Combine(folder, part, $"{colour.Name} {shape.Name} {k}.png");
                shape.Draw(file, colour.Paint, [ground, ground, ground], random.Next(26, 38), random.Next(26, 38), random.Next(14, 24),
                    (random.NextDouble() - 0.5) / 2);
                yield return new() { Image = file, Caption = $"{colour.Name} {shape.Name}" };
            }
        }
    }
}

// Progress<T> hands on by another thread, and late.
internal sealed class Reports(List<ClipTrainingProgress> all) : IProgress<ClipTrainingProgress>
{
    public void Report(ClipTrainingProgress value)
    {
        lock (all)
        {
            all.Add(value);
        }
    }
}

internal sealed class Pair
{
    public string Image { get; set; } = "";

    public string Caption { get; set; } = "";
}
