using System.CommandLine;
using System.Globalization;

namespace Mlclip;

/// <summary><c>mlclip classify</c>: names for pictures, from a list of them and without training.</summary>
internal static class ClassifyCommand
{
    private const string NoLabel = "-";

    public static Command Create()
    {
        var paths = PictureFiles.Argument();
        var labels = new Option<string?>("--labels", "-l") { HelpName = "A,B,C", Description = "The names to choose from, with commas between them." };
        var file = new Option<string?>("--labels-file") { HelpName = "FILE", Description = "A file of them, one a line; '-' reads standard input." };
        var templates = new Option<string[]>("--templates", "-t")
        {
            HelpName = "TEXT|NAME",
            Description = "Sentences with {} for the name, averaged; or a published list: simple, cifar18, imagenet7, imagenet80. Default: \"a photo of a {}.\"",
            AllowMultipleArgumentsPerToken = true,
        };
        var top = new Option<int>("--top") { HelpName = "N", Description = "How many names are shown of each picture.", DefaultValueFactory = _ => 3 };
        var minimum = new Option<float?>("--minimum-cosine") { HelpName = "C", Description = "Below this cosine a picture has none of the names; see which cosines yours have first." };
        var model = new ModelChoice();
        return ToolCommand.Of("classify",
            "Say which of your names fits each picture best, without training. Lines: path, name, probability, the next names.",
            ["""mlclip classify photos --labels "cat,dog,a red car" """.TrimEnd(), "mlclip classify photos --labels-file names.txt --templates imagenet7 --json > names.jsonl"],
            [paths, labels, file, templates, top, minimum, model.Model, model.Variant], (parse, output, stop) =>
            {
                string[] names = Labels(parse.GetValue(labels), parse.GetValue(file), output.Console.In);
                string[] files = PictureFiles.Of(parse.GetRequiredValue(paths));
                int shown = Checked.Positive(parse.GetValue(top), "--top");
                float? least = parse.GetValue(minimum) is not { } cosine ? null : cosine is >= -1 and <= 1 ? cosine
                    : throw new ToolException(string.Create(CultureInfo.InvariantCulture, $"--minimum-cosine is {cosine}; expected -1 to 1."));
                string[]? sentences = Templates(parse.GetValue(templates));
                using var clip = model.Open(parse, output, stop);
                var classifier = ClipZeroShotClassifier.Create(clip, names, sentences, minimumCosine: least, cancellationToken: stop);
                using var table = output.Table(ToolJson.Lines.ClassifiedResult, ("picture", r => r.Path), ("name", r => r.Error is null ? r.Label ?? NoLabel : $"error: {r.Error}"),
                    ("probability", r => r.Score is { } score ? Percent(score) : ""), ("next", r => string.Join(", ", r.Top.Skip(1).Select(t => $"{t.Label} {Percent(t.Score)}"))));
                foreach (var picture in PictureEmbedder.Embed(clip, files, output, stop))
                {
                    table.Add(picture.Error.Length > 0 ? new(picture.Path, null, null, null, [], picture.Error) : Result(picture, classifier, shown));
                }
                return ExitCode.Done;
            });
    }

    private static ClassifiedResult Result(EmbeddedPicture picture, ClipZeroShotClassifier classifier, int shown)
    {
        var prediction = classifier.Classify(picture.Embedding);
        LabelScore[] top = [.. prediction.Scores.Select((score, i) => new LabelScore(classifier.Labels[i], score)).OrderByDescending(s => s.Score).Take(shown)];
        return new(picture.Path, prediction.Label, prediction.Score, prediction.Cosine, top, null);
    }

    private static string Percent(float score) => score.ToString("P1", CultureInfo.InvariantCulture);

    private static string[] Labels(string? list, string? file, TextReader input)
    {
        if (list is null == file is null)
        {
            throw new ToolException("""Which names are there? Give either --labels "cat,dog" or --labels-file FILE with one a line.""");
        }
        string[] labels = file is null ? list!.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)
            : [.. (file == "-" ? InputLines.All(input) : OfFile(file)).Select(l => l.Trim()).Where(l => l.Length > 0)];
        if (labels.FirstOrDefault(l => l.Length > InputLines.MostCharacters) is { } endless)
        {
            throw new ToolException(string.Create(CultureInfo.InvariantCulture,
                $"A name has more than {InputLines.MostCharacters:N0} characters: '{PrintedText.Short(endless, 50)}'."));
        }
        if (labels.GroupBy(l => l).FirstOrDefault(g => g.Count() > 1) is { } twice)
        {
            throw new ToolException($"The name '{twice.Key}' is there {(twice.Count() == 2 ? "twice" : $"{twice.Count()} times")}; names have to differ.");
        }
        return labels.Length > 0 ? labels : throw new ToolException(file is null ? "--labels has no name in it." : $"The file '{file}' of --labels-file has no name in it.");
    }

    private static string[] OfFile(string file)
    {
        using var reader = InputLines.Open(File.OpenRead(Checked.File(file)));
        return [.. InputLines.All(reader)];
    }

    private static string[]? Templates(string[]? named) => named is not { Length: > 0 } ? null : [.. named.SelectMany(n => n switch
    {
        "simple" => ClipPrompts.Simple,
        "cifar18" => ClipPrompts.Cifar18,
        "imagenet7" => ClipPrompts.ImageNet7,
        "imagenet80" => ClipPrompts.ImageNet80,
        _ when n.Contains(ClipPrompts.Placeholder, StringComparison.Ordinal) => (IEnumerable<string>)[n],
        _ => throw new ToolException($"'{n}' is no template: expected a sentence with {ClipPrompts.Placeholder} for the name, or one of simple, cifar18, imagenet7, imagenet80."),
    })];
}
