using System.CommandLine;
using System.Globalization;

namespace Mlclip;

/// <summary><c>mlclip info</c>: what a model's files say.</summary>
internal static class InfoCommand
{
    public static Command Create()
    {
        var model = new Argument<string>("MODEL") { Description = "A directory, the id of a model that is downloaded already, or 'tiny'." };
        model.CompletionSources.Add(_ => new ClipHub().List().Select(s => s.Id).Distinct());
        var variant = new Option<string?>("--variant") { HelpName = "NAME", Description = "Which of several exports: fp16, quantized, ... Default: the one without a name." };
        var hash = new Option<bool>("--hash") { Description = "Also the hash of all that embeddings depend on, which reads every file." };
        return ToolCommand.Of("info", "Say what a model is: its kind, sizes, how pictures and texts are prepared, what its scores are, and what is odd with its files.",
            [$"mlclip info {ModelChoice.DefaultId}", "mlclip info ./my-model --json"], [model, variant, hash], (parse, output, stop) =>
            {
                string named = parse.GetRequiredValue(model), directory = ModelChoice.FindDirectory(named);
                using var clip = ClipModel.Load(directory, new() { Variant = parse.GetValue(variant) });
                var result = Of(clip, named, directory, parse.GetValue(hash) ? clip.ComputeContentHash(stop) : null);
                output.Facts(result, ToolJson.Lines.ModelResult, Facts(result));
                return ExitCode.Done;
            });
    }

    private static ModelResult Of(ClipModel clip, string named, string directory, string? hash)
    {
        var summary = clip.Summarize();
        FileSize[] files = [.. summary.Files.Select(name => new FileSize(name, new FileInfo(Path.Combine(directory, name)).Length))];
        var (scale, bias) = Scores(clip);
        // Last, when all has been asked that may have something to say.
        var warnings = new List<string>();
        clip.Message += (_, m) => warnings.AddRange(m.Kind == ClipModelMessageKind.Warning ? [CommandWords.Of(m.Text)] : []);
        return new(named, summary.Family, summary.Variant, summary.ImageFile, summary.TextFile, clip.EmbeddingDimension,
            clip.HasImageEncoder ? clip.ImageSize : null, summary.Preprocessing, summary.Tokenizer is null ? null : clip.ContextLength, summary.Tokenizer,
            clip.ScoreFunction.ToString().ToLowerInvariant(), scale, bias, files, warnings, hash);
    }

    // A model of sigmoids whose files tell neither still embeds.
    private static (float? Scale, float? Bias) Scores(ClipModel clip)
    {
        try
        {
            return (clip.LogitScale, clip.LogitBias);
        }
        catch (InvalidOperationException)
        {
            return (null, null);
        }
    }

    private static IEnumerable<(string Name, string Text)> Facts(ModelResult m)
    {
        const string None = "none";
        yield return ("model", m.Model);
        yield return ("family", m.Family);
        if (m.Variant is { } variant)
        {
            yield return ("variant", variant);
        }
        yield return ("embeddings", $"{m.EmbeddingDimension} values");
        yield return ("images", m.Images is null ? None : $"{m.Images}, {m.ImageSize} x {m.ImageSize} pixels");
        yield return ("preprocessing", m.Preprocessing ?? None);
        yield return ("texts", m.Texts is null ? None : $"{m.Texts}, {m.ContextLength} tokens");
        yield return ("tokenizer", m.Tokenizer ?? None);
        yield return ("score", m.LogitScale is { } scale ? string.Create(CultureInfo.InvariantCulture, $"{m.Score} of {scale:G6} · cosine{Bias(m.LogitBias)}")
            : $"{m.Score}; its scale and bias are in none of the files, so there are cosines and no probabilities");
        yield return ("files", $"{m.Files.Count}, {PrintedText.Size(m.Files.Sum(f => f.Bytes))}");
        foreach (var file in m.Files)
        {
            yield return ("", $"{file.Name}, {PrintedText.Size(file.Bytes)}");
        }
        if (m.ContentHash is { } hash)
        {
            yield return ("hash", hash);
        }
        foreach (string warning in m.Warnings)
        {
            yield return ("warning", warning);
        }
    }

    private static string Bias(float? bias) => bias is null or 0 ? "" : string.Create(CultureInfo.InvariantCulture, $" {(bias < 0 ? "-" : "+")} {Math.Abs(bias.Value):G6}");
}
