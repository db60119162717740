// A tour of what the CLIP paper shows beyond its training: transfer, few images, shift, people, retrieval, overlap, measured with one model and drawn.
//
//   dotnet run -c Release --project samples/PaperTour                    real sets where ../shared/data has them, else drawn shapes
//   dotnet run -c Release --project samples/PaperTour -- --help          the rest

using Microsoft.ML.Clip;
using PaperTour;
using Samples;

var command = new CommandLine(args, """
    Usage: PaperTour [--model DIR] [--output DIR] [--cache DIR] [--quick] [--drawn]

    --model    the model's folder. Default: the one of this repository.
    --output   where the report goes. Default: paper-tour.
    --cache    where embeddings and results are kept; a second run takes seconds. Default: a folder of temporary files.
    --quick    without CIFAR-10 and Tiny ImageNet, which take minutes.
    --drawn    shapes that are drawn, even where there are real sets.
    """);
string modelDirectory = command.Folder("--model") ?? Repository.DefaultModel;
string modelName = Path.GetFileName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(modelDirectory)));
string cacheFolder = command.Text("--cache") ?? Path.Combine(Path.GetTempPath(), "clip-paper-tour");
string output = command.Text("--output") ?? "paper-tour";

var sets = new TourSets(Path.Combine(cacheFolder, "unpacked"), command.Has("--quick"), command.Has("--drawn"));
var cache = new ClipEmbeddingCache(Path.Combine(cacheFolder, "embeddings"));
using var model = ClipModel.Load(modelDirectory);

var results = ClipEvaluation.Run([new ClipEvaluatedModel(modelName, model) { Compute = ClipCompute.OfImages(modelDirectory) }], sets.Tasks,
    new ClipEvaluationOptions
    {
        Cache = cache,
        ResultsDirectory = Path.Combine(cacheFolder, "results"),
        FewShot = new ClipFewShotOptions(),
        Progress = new ProgressLine(),
    });
Console.Error.WriteLine();

var shift = new ShiftSection(model, cache);
var overlap = new OverlapSection(model, cache);
ClipReportSection?[] own =
[
    shift.Styles(sets.Domains),
    shift.Sources(sets.Shared),
    sets.Open("published") is { } published ? PublishedSection.Robustness(published) : null,
    sets.Open("cifar10.1-predictions") is { } predictions ? PublishedSection.Recollected(predictions, CifarLabels.Read(sets.Open("cifar10h"))) : null,
    .. sets.Experiments.Select(People),
    sets.Open("cifar10h") is { } votes ? CifarLabels.People(votes, results.Find(modelName, "CIFAR-10", ClipEvaluationKind.ZeroShot)) : null,
    overlap.Overlap(sets.Tasks),
    overlap.Labels(sets.Domains),
    sets.Open("published") is { } tables ? PublishedSection.Scaling(tables) : null,
    GridSection.Of(model),
];

// What is about all sets first, then the rest of the paper's way, then each set by itself.
var report = results.ToReport($"What CLIP's paper shows, measured with {modelName}");
string[] general = ["Results", "Zero-shot against a probe", "What prompts are worth", "From few images", "Images and captions"];
report = report with
{
    Sections =
    [
        TourTexts.Introduction(modelName, sets),
        .. report.Sections.Where(s => general.Contains(s.Heading)),
        .. own.OfType<ClipReportSection>(),
        .. report.Sections.Where(s => !general.Contains(s.Heading)),
    ],
};
report.Save(output, results.ToCsv());
Console.WriteLine(results.ToText());
Console.WriteLine($"Wrote {Path.Combine(output, "report.html")}");
return results.Skipped.Count == 0 ? 0 : 1;

// Experiments of others come in many writings: one that does not fit must not cost the page.
ClipReportSection People((string Name, string Folder) experiment)
{
    try
    {
        return new PeopleSection(model, modelName, cache).Of(experiment.Name, experiment.Folder);
    }
    catch (Exception e) when (e is InvalidDataException or ArgumentException or IOException)
    {
        return new($"People: {experiment.Name}") { Blocks = [new ClipReportNote($"Left out: {e.Message}")] };
    }
}
