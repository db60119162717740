// Measures models on data sets as the CLIP paper does, and writes a report to look at.
//
//   dotnet run -c Release --project samples/Evaluate -- SET ...          each a folder, a file or a .tar.gz; --help tells the rest
//   dotnet run -c Release --project samples/Evaluate                     the sets of ../shared/data/eval where they are, else drawn shapes

using Evaluate;
using Microsoft.ML.Clip;
using Samples;

var command = new CommandLine(args, """
    Usage: Evaluate [SET ...] [--models A,B] [--output DIR] [--cache DIR] [--no-probe] [--few-shot 1,2,4] [--seeds N] [--benchmark KEY] [--names FILE]
                    [--templates FILE] [--prompt TEXT] [--halves] [--title TEXT]

    SET          a data set, or NAME=PATH to call it something else. A folder (one folder for each class, or train and test with such folders;
                 CIFAR-10 or CIFAR-100 as published; MNIST's idx files; webdataset; Parquet; Flickr's or COCO's captions), a file, or a .tar.gz of one.
                 Sets named as the paper's are (mnist, gtsrb, pets, cifar10 ...) get its metric, names and templates.
    --models     folders of models, or ids on the hub, with commas between them. Default: the model of this repository.
    --output     where the report goes: report.html, report.md, report.json, tables, plots, results.csv. Default: report.
    --cache      where embeddings and finished results are kept, so that a run that was stopped goes on, and a second one takes seconds.
                 Default: a folder of temporary files.
    --no-probe   zero-shot only; otherwise a linear probe is trained where there are images to train on.
    --few-shot   also probes on so many images of each class, with --seeds draws (default 3).
    --halves     cuts sets of one folder for each class in two, one to train a probe on.
    --names      a file with a class name in each line, in the order of the labels; --templates: prompt templates, with {} for the name.
    --benchmark  the published set that it is, by its key, of a single SET: "vtab/pets".
    --prompt     what stands before each caption.
    """, words: int.MaxValue);
string cache = command.Text("--cache") ?? Path.Combine(Path.GetTempPath(), "clip-evaluation");
string output = command.Text("--output") ?? "report";
var arguments = new Arguments(command);
var settings = arguments.Settings;
var fewShot = arguments.FewShot;
var sets = new SetList(Path.Combine(cache, "unpacked"), settings);
foreach (string word in command.Words)
{
    sets.Add(word);
}
if (command.Words.Count == 0)
{
    sets.AddWhatIsThere();
}
else if (sets.Tasks.Count == 0)
{
    CommandLine.Fail("None of the sets can be read; see above.");
}
if (settings.Benchmark is not null && sets.Tasks.Count > 1)
{
    CommandLine.Fail($"--benchmark says what a single set is; there are {sets.Tasks.Count}.");
}

using var stop = new CancellationTokenSource();
Console.CancelKeyPress += (_, e) =>
{
    e.Cancel = true;
    stop.Cancel();
};
try
{
    var embeddings = new ClipEmbeddingCache(Path.Combine(cache, "embeddings"));
    embeddings.Message += (_, message) => Console.Error.WriteLine(message);
    var results = ClipEvaluation.Run(arguments.Models, sets.Tasks, new ClipEvaluationOptions
    {
        Cache = embeddings,
        ResultsDirectory = Path.Combine(cache, "results"),
        LinearProbe = !command.Has("--no-probe"),
        FewShot = fewShot,
        Progress = new ProgressLine(),
    }, stop.Token);
    ProgressLine.End();
    results = results with { Skipped = [.. results.Skipped, .. sets.Skipped] };
    // Numbers first: a disk that is full must not cost them.
    Console.WriteLine(results.ToText());
    results.Messages.ToList().ForEach(Console.Error.WriteLine);
    results.ToReport(command.Text("--title") ?? "CLIP evaluation").Save(output, results.ToCsv());
    Console.WriteLine($"Wrote {Path.Combine(output, "report.html")}");
    return results.Skipped.Count == 0 ? 0 : 1;
}
catch (OperationCanceledException)
{
    ProgressLine.End();
    Console.Error.WriteLine("Stopped. What is done is kept; the same command goes on.");
    return 130;
}
catch (Exception e) when (e is IOException or UnauthorizedAccessException)
{
    ProgressLine.End();
    Console.Error.WriteLine(e.Message);
    return 1;
}
