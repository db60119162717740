// What is on your photographs, in words: every photograph of a folder is compared with some hundred everyday words, and a page shows them with their words.
//
//   dotnet run --project samples/Everyday                                  the photographs of samples/images
//   dotnet run --project samples/Everyday -- FOLDER                        yours
//   dotnet run --project samples/Everyday -- FOLDER --labels "beach,birthday party,my dog"
//   dotnet run --project samples/Everyday -- --help                        the rest

using Everyday;
using Microsoft.ML.Clip;
using Samples;

var command = new CommandLine(args, """
    Usage: Everyday [FOLDER-OR-ARCHIVE ...] [--labels "cat,dog,..."] [--words FILE] [--page FILE] [--top N] [--sample N] [--seed N]
                    [--model DIR] [--head FILE] [--cache DIR] [--fit FILE]

    FOLDER     photographs, and folders of them; .tar.gz archives are unpacked. Default: samples/images.
    --labels   the words to compare with, instead of those of samples/Everyday/words.txt.
    --words    a file of them, one a line.
    --page     where the page goes. Default: everyday.html.
    --top      how many words are shown of each photograph. Default: 5.
    --sample   only so many of each folder, drawn by --seed (default: 1).
    --model    another model's folder. How sure it is can be said of the everyday model alone.
    --head     another head for the two encoders. Default: samples/models/everyday/head.safetensors.
    --cache    where the model is put together. Default: the user's cache.
    --fit      fits how sure the model is, on photographs of which a file tells the words; see samples/Everyday/README.md.
    """, words: 64);
var words = new WordList(command.List("--labels")
    ?? File.ReadLines(command.File("--words") ?? Path.Combine(Repository.Root, "samples", "Everyday", "words.txt")));
if (words.Words.Count == 0)
{
    CommandLine.Fail("There are no words to compare with.");
}

string page = Path.GetFullPath(command.Text("--page") ?? "everyday.html");
if (Directory.Exists(page) || !Directory.Exists(Path.GetDirectoryName(page)))
{
    CommandLine.Fail($"The page cannot be written to '{page}': {(Directory.Exists(page) ? "that is a folder" : "there is no such folder")}.");
}
string[] files = command.Has("--fit") ? [] : [.. Files()];

using var model = OpenModel();
Console.WriteLine($"Comparing with {words.Words.Count} words.");
var classifier = words.Classifier(model);
if (command.File("--fit") is { } known)
{
    return Fitting.Run(known, model, words);
}

var certainty = command.Has("--model") ? null : Certainty.Everyday;
int top = Math.Max(1, command.Count("--top") ?? 5);
int width = files.Select(f => Path.GetFileName(f).Length).DefaultIfEmpty().Max();
var findings = new List<Finding>();
foreach (var photograph in Photograph.Embed(model, files))
{
    findings.Add(Finding.Of(photograph, words, classifier, top, certainty));
    WordTable.Print(findings[^1], width);
}
File.WriteAllText(page, Page.Of(findings, words.Words.Count));
Console.WriteLine($"{Environment.NewLine}The page: {page}");
return 0;

ClipModel OpenModel()
{
    string? folder = command.Folder("--model");
    try
    {
        return ClipModel.Load(folder ?? EverydayModel.Open(Console.WriteLine, command.Text("--cache"), command.File("--head")));
    }
    catch (Exception e) when (e is IOException or InvalidDataException or UnauthorizedAccessException or NotSupportedException)
    {
        CommandLine.Fail($"{(folder is null ? "The everyday model cannot be put together." : $"The model in '{folder}' cannot be opened.")} {e.Message}");
        throw;
    }
}

string Unpacked(string archive)
{
    try
    {
        return Archives.Extract(archive, Path.Combine(Path.GetTempPath(), "clip-everyday", Path.GetFileName(archive)));
    }
    catch (Exception e) when (e is IOException or InvalidDataException or UnauthorizedAccessException)
    {
        CommandLine.Fail($"'{archive}' is no folder, no photograph, and no .tar.gz archive that can be unpacked: {e.Message}");
        throw;
    }
}

IEnumerable<string> Files()
{
    string[] sources = command.Words.Count > 0 ? [.. command.Words] : [Path.Combine(Repository.Root, "samples", "images")];
    foreach (string source in sources)
    {
        if (!Path.Exists(source))
        {
            CommandLine.Fail($"There is no folder or archive '{source}'.");
        }
        string[] images = ImageFiles.IsNamedLikeOne(source) && File.Exists(source) ? [source]
            : ImageFiles.Below(Directory.Exists(source) ? source : Unpacked(source));
        if (command.Count("--sample") is { } count)
        {
            var random = new Random(command.Count("--seed") ?? 1);
            random.Shuffle(images);
            images = [.. images.Take(count)];
        }
        foreach (string image in images)
        {
            yield return image;
        }
    }
}
