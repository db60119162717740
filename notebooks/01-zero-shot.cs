// 1. Zero-shot: a list of words is a classifier, and the sentence around the words matters.
//
//   dotnet run notebooks/01-zero-shot.cs                   writes artifacts/notebooks/01-zero-shot/report.html
//   dotnet run notebooks/01-zero-shot.cs -- PAGE.html
//
// The model is the small one of the repository, which knows 210 names. With ../shared/data beside the clone the prompts are measured on CIFAR-10, elsewhere on
// parts of the six photographs.
#:project ../src/Microsoft.ML.Clip.Evaluation
#:package Microsoft.ML.OnnxRuntime
#:package SkiaSharp
#:property PublishAot=false

using Microsoft.ML.Clip;
using Notebooks;
using Samples;

using var clip = ClipModel.Load(Repository.DefaultModel);
string[] photographs = [.. Pictures.Six.Select(p => p.Path)], truth = [.. Pictures.Six.Select(p => p.Label)];

// ## A list of words is a classifier
// Each word is put into a sentence, the sentence becomes a vector, and a photograph gets the word whose vector is nearest. There is nothing to train.
var classifier = ClipZeroShotClassifier.Create(clip, [.. truth, .. Pictures.Others], ["a photo of a {}."]);
float[][] embeddings = clip.EncodeImages([.. photographs.Select(ClipImageSource.FromFile)]);
ClipZeroShotPrediction[] found = [.. embeddings.Select(e => classifier.Classify(e))];

Console.WriteLine($"{found.Count(f => truth.Contains(f.Label))} of {found.Length} photographs have a word of their own among {classifier.Labels.Count}:");
for (int i = 0; i < found.Length; i++)
{
    Console.WriteLine($"  {Path.GetFileName(photographs[i]),-14} {found[i].Label,-10} {found[i].Score,6:P1}, cosine {found[i].Cosine:F2}");
}
Notebook.Expect(found.Zip(truth, (f, t) => f.Label == t).All(isRight => isRight), "the right word for each of the six photographs");

// ## Probabilities are shares among the words given
// Without the right word one of the wrong ones still gets a large share. The cosine is lower then, and a least one can be asked for: MinimumCosine.
var without = ClipZeroShotClassifier.Create(clip, Pictures.Others, ["a photo of a {}."]);
ClipZeroShotPrediction[] wrong = [.. embeddings.Select(e => without.Classify(e))];
float threshold = (found.Min(f => f.Cosine) + wrong.Max(f => f.Cosine)) / 2;
bool isLower = found.Zip(wrong, (f, w) => w.Cosine < f.Cosine).All(lower => lower);
Console.WriteLine($"\nWithout their own words their best has {wrong.Average(w => w.Score):P0} of the probability on average, but a cosine of {wrong.Average(w => w.Cosine):F2} instead of {found.Average(f => f.Cosine):F2}.");
var careful = ClipZeroShotClassifier.Create(clip, Pictures.Others, ["a photo of a {}."], minimumCosine: threshold);
ClipZeroShotPrediction[] refused = [.. embeddings.Select(e => careful.Classify(e))];
Console.WriteLine($"With a least cosine of {threshold:F2}, {refused.Count(r => r.Label is null)} of {refused.Length} are said to be none of these.");
Notebook.Expect(wrong.Average(w => w.Cosine) < found.Average(f => f.Cosine), "a lower cosine where the right word is missing");

// ## The sentence around the word
// The text encoder was trained on sentences. How much a template is worth is measured on images whose class is known.
(string Name, string[] Templates)[] prompts =
[
    ("the word alone", ["{}"]),
    ("a photo of a {}.", ["a photo of a {}."]),
    ("CLIP's 18 for CIFAR", [.. ClipPrompts.Cifar18]),
    ("CLIP's 80 for ImageNet", [.. ClipPrompts.ImageNet80]),
    ("i did not see any {} today", ["i did not see any {} today"]),
];
var set = ClipEmbeddedSet.Of(clip, Pictures.Labelled("test", 100));
var results = prompts.Select(p => (p.Name, Result: set.Classify(ClipZeroShotClassifier.Create(clip, set.ClassNames, p.Templates)))).ToArray();
Console.WriteLine($"\nOn {set.Count} images of {set.Name}:");
foreach (var (name, result) in results)
{
    Console.WriteLine($"  {name,-28} {result.Accuracy,6:P1}");
}
var best = results.MaxBy(r => r.Result.Accuracy);
Notebook.Expect(best.Result.Accuracy > 2 * best.Result.Chance, "far more hits than guessing has");

// ## The page
Notebook.Write(new ClipReport("Zero-shot: a list of words is a classifier")
{
    Sections =
    [
        new("A list of words is a classifier")
        {
            Blocks =
            [
                new ClipReportParagraph($"Six photographs, {classifier.Labels.Count} words. Each word stands in \"a photo of a {{}}.\"; a photograph gets the word whose sentence is nearest to it. Nothing was trained on these photographs or for these words."),
                found.ToTable(classifier, photographs, "Photographs with their words, and the next two"),
            ],
        },
        new("What the probabilities do not say")
        {
            Blocks =
            [
                new ClipReportParagraph("Scores are shares among the words given, and add up to one. Without the right word one of the wrong ones gets a large share all the same."),
                wrong.ToTable(without, photographs, "The same photographs without their words", "without"),
                new ClipReportNote($"The cosine tells what the share hides: it is lower {(isLower ? "for each of them" : "on average")}. How near is near enough differs from photograph to photograph, though: with a least cosine of {threshold:F2}, {refused.Count(r => r.Label is null)} of {refused.Length} are answered with \"none of these\" (minimumCosine)."),
            ],
        },
        new("The sentence around the word")
        {
            Blocks =
            [
                new ClipReportParagraph($"{set.Count} images of {set.Name}, {set.ClassNames.Count} words. Of several templates the embeddings of a word are averaged, which is what CLIP's authors do."),
                new ClipReportPlot("prompts", ClipPlots.Bars("", ClipPlotAxis.Percent("Right, %"),
                    [.. results.Select(r => new ClipPlotBar(r.Name, r.Result.Accuracy) { Interval = r.Result.Interval })],
                    new() { IsSorted = false, Marks = [new("guessing", best.Result.Chance)] }), "Accuracy by prompt with its exact interval of 99.5%. Where intervals overlap, these images do not decide."),
                best.Result.ToTable(name: "best"),
            ],
        },
    ],
}, args);
