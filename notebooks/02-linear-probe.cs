// 2. A linear probe: what a few labelled images are worth.
//
//   dotnet run notebooks/02-linear-probe.cs                writes artifacts/notebooks/02-linear-probe/report.html
//
// The set are drawn shapes, which the model has never seen and has no words for: zero-shot guesses, and the features know better. With ../shared/data beside
// the clone CIFAR-10 follows, on which the model was trained: there the words are worth hundreds of images.
#:project ../src/Microsoft.ML.Clip.Evaluation
#:package Microsoft.ML.OnnxRuntime
#:package SkiaSharp
#:property PublishAot=false

using Microsoft.ML.Clip;
using Notebooks;
using Samples;

using var clip = ClipModel.Load(Repository.DefaultModel);
var sections = new List<ClipReportSection>();

// ## A set without words
var (shapes, probe) = Study(Pictures.Shapes("train", 40), Pictures.Shapes("test", 40));
Notebook.Expect(probe.Result.Accuracy > shapes.ZeroShot + 0.3, "a probe that is far better than words the model does not know");
Notebook.Expect(shapes.Points[^1].Mean > shapes.Points[0].Mean, "more images, more hits");

// ## A set that the words were made for
if (Pictures.HasCifar10)
{
    var (cifar, _) = Study(Pictures.Labelled("train", 40), Pictures.Labelled("test", 40));
    Notebook.Expect(cifar.ZeroShot > cifar.Points[0].Mean, "words that beat one image of each class");
}
else
{
    Console.WriteLine("\nThere is no ../shared/data/cifar10.tar.gz: the second set is left out.");
}

// ## The page
Notebook.Write(new ClipReport("A linear probe: what a few labelled images are worth") { Sections = sections }, args);

// Embeds a set once, for its words and for the probe, and measures both.
(ClipFewShotCurve Curve, ClipSetPredictions Probe) Study(ClipDataSet trainSet, ClipDataSet testSet)
{
    // The words need the joint space, the probe takes what lies before it: I_f, as in the paper.
    double zeroShot = ClipEmbeddedSet.Of(clip, testSet).Classify(ClipZeroShotClassifier.Create(clip, testSet.ClassNames, ["a photo of a {}."])).Accuracy;
    var train = ClipEmbeddedSet.Of(clip, trainSet, ClipFeatures.Encoder);
    var test = ClipEmbeddedSet.Of(clip, testSet, ClipFeatures.Encoder);

    // Logistic regression on 1, 2, 4, ... images of each class, three draws each; the strength of the regularisation is searched within them. The
    // optimisation ends sooner than by default, at 1e-4 instead of 1e-8: what that changes is less than what the draws do. Problems this small take one thread.
    var options = new ClipLinearProbeTrainer.Options { OptimizationTolerance = 1e-4f, NumberOfThreads = 1 };
    var curve = ClipFewShotCurve.Measure(train, test, zeroShot, new() { Shots = [1, 2, 4, 8, 16], Seeds = [0, 1, 2], IncludesAll = false, Probe = options });
    var all = ClipSetProbe.Train(train, options: options).Predict(test, keepScores: true);

    Console.WriteLine($"\n{test.Name}: {train.Count} images to learn from, {test.Count} to test with, {test.ClassNames.Count} classes");
    Console.WriteLine($"  zero-shot   {zeroShot,6:P1}");
    foreach (var point in curve.Points)
    {
        Console.WriteLine($"  {$"{point.Shots} a class",-11} {point.Mean,6:P1}");
    }
    Console.WriteLine($"  {"all",-11} {all.Result.Accuracy,6:P1}");

    sections.Add(new($"{char.ToUpperInvariant(test.Name[0])}{test.Name[1..]}")
    {
        Blocks =
        [
            new ClipReportImages([.. testSet.Read().DistinctBy(r => r.Label).Select(r => Card(r, testSet, test, all))], "One image of each class, and what the probe on all images takes it for."),
            new ClipReportPlot($"{test.Name} curve", ClipPlots.Lines("", new("Labelled images of each class") { Scale = ClipPlotScale.Shots }, ClipPlotAxis.Percent("Right, %"),
            [
                new("linear probe", [.. curve.Points.Select(p => new ClipPlotPoint(p.Shots!.Value, p.Mean)
                {
                    YInterval = p.StandardDeviation is { } d ? new(Math.Max(0, p.Mean - d), Math.Min(1, p.Mean + d)) : null,
                }), new(ClipPlotAxis.WholeSet, all.Result.Accuracy)]),
                new("zero-shot", [new(0, zeroShot)]),
            ]), "The star is zero-shot, which needs no image. Bars are the standard deviation over three draws of the images."),
            new ClipReportPlot($"{test.Name} confusions", ClipPlots.HeatMap("", test.ClassNames, test.ClassNames, Confusions(all), new() { RowTitle = "it is", ColumnTitle = "taken for" }),
                "What the probe on all images takes for what."),
            all.Result.ToTable(name: $"{test.Name} classes"),
        ],
    });
    return (curve, all);
}

static ClipPlotImage Card(ClipDataSetRow row, ClipDataSet set, ClipEmbeddedSet embedded, ClipSetPredictions predictions)
{
    int place = embedded.Labels.ToList().IndexOf(row.Label), classes = set.ClassNames.Count;
    float[] scores = predictions.Scores.Slice(place * classes, classes).ToArray();
    return new(row.Name, row.Encoded, set.ClassNames[row.Label],
        [.. set.ClassNames.Zip(scores, (name, score) => new ClipPlotGuess(name, Math.Clamp(score, 0, 1))).OrderByDescending(g => g.Probability).Take(3)]);
}

static double?[][] Confusions(ClipSetPredictions predictions)
{
    double?[][] counts = [.. predictions.ClassNames.Select(_ => new double?[predictions.ClassNames.Count])];
    for (int i = 0; i < predictions.Labels.Count; i++)
    {
        counts[predictions.Labels[i]][predictions.Predicted[i]] = (counts[predictions.Labels[i]][predictions.Predicted[i]] ?? 0) + 1;
    }
    return counts;
}
