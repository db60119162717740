using System.CommandLine;
using System.Globalization;

namespace Mlclip;

/// <summary><c>mlclip probe</c>: a classifier learned from examples in folders, and its use.</summary>
internal static class ProbeCommand
{
    private const double Confidence = 0.95;

    public static Command Create() => ToolCommand.Group("probe", "Learn a classifier from examples in folders (a linear probe on the embeddings), and use it.",
        ["mlclip probe train flowers --save flowers.zip", "mlclip probe apply flowers.zip garden"], Train(), Apply());

    private static ToolCommand Train()
    {
        var folder = new Argument<string>("FOLDER") { Description = "A folder with a folder of pictures for each class: FOLDER/rose/1.jpg, FOLDER/tulip/2.jpg, ..." };
        var save = new Option<string>("--save") { HelpName = "FILE.zip", Description = "Where the classifier goes: one file with the image encoder in it.", Required = true };
        var test = new Option<string?>("--test") { HelpName = "FOLDER", Description = "Pictures to measure the accuracy on, in folders likewise. Default: a part of FOLDER is held out." };
        var share = new Option<double>("--held-out") { HelpName = "SHARE", Description = "Which part of each class is held out, 0 to 0.9; 0 measures nothing.", DefaultValueFactory = _ => 0.2 };
        var seed = new Option<int>("--seed") { HelpName = "N", Description = "Which part is drawn.", DefaultValueFactory = _ => 1 };
        var model = new ModelChoice();
        return ToolCommand.Of("train", "Learn a classifier from a folder of class folders, save it, and say how accurate it is on pictures that it has not seen.",
            ["mlclip probe train flowers --save flowers.zip", "mlclip probe train flowers --test more-flowers --save flowers.zip --model tiny"],
            [folder, save, test, share, seed, model.Model, model.Variant], (parse, output, stop) =>
            {
                string file = Writable(parse.GetRequiredValue(save));
                double heldOut = parse.GetValue(share);
                if (heldOut is not (>= 0 and <= 0.9))
                {
                    throw new ToolException($"--held-out is {heldOut.ToString(CultureInfo.InvariantCulture)}; expected 0 to 0.9.");
                }
                var examples = ClassFolders.Read(parse.GetRequiredValue(folder));
                var (training, testing) = parse.GetValue(test) is { } other ? (examples, ClassFolders.Read(other))
                    : ClassFolders.Split(examples, heldOut, parse.GetValue(seed));
                using var clip = model.Open(parse, output, stop);
                var result = ProbeTraining.Run(clip, parse.GetRequiredValue(folder), training, testing, file, Confidence, output, stop);
                output.Facts(result, ToolJson.Lines.ProbeResult, Facts(result));
                return ExitCode.Done;
            });
    }

    private static ToolCommand Apply()
    {
        var file = new Argument<string>("FILE.zip") { Description = "What 'mlclip probe train' has saved. The model is in it." };
        var paths = PictureFiles.Argument();
        return ToolCommand.Of("apply", "Say which class each picture belongs to. Lines: path, class, probability.", ["mlclip probe apply flowers.zip garden"], [file, paths],
            (parse, output, stop) =>
            {
                string zip = parse.GetRequiredValue(file);
                string[] files = PictureFiles.Of(parse.GetRequiredValue(paths));
                using var table = output.Table(ToolJson.Lines.ProbePrediction, ("picture", p => p.Path), ("class", p => p.Error is null ? p.Class ?? "" : $"error: {p.Error}"),
                    ("probability", p => p.Probability?.ToString("P1", CultureInfo.InvariantCulture) ?? ""));
                foreach (var prediction in ProbeTraining.Apply(zip, files, output, stop))
                {
                    table.Add(prediction);
                }
                return ExitCode.Done;
            });
    }

    private static IEnumerable<(string Name, string Text)> Facts(ProbeResult result)
    {
        yield return ("saved", result.File);
        yield return ("classes", string.Join(", ", result.Classes));
        yield return ("trained on", PrintedText.Count(result.TrainingRows, "picture"));
        if (result is { Accuracy: { } accuracy, Lower: { } lower, Upper: { } upper })
        {
            yield return ("accuracy", string.Create(CultureInfo.InvariantCulture,
                $"{accuracy:P1} of {PrintedText.Count(result.HeldOutRows, "picture")} that it has not seen; {Confidence:P0} interval {lower:P1} to {upper:P1}"));
        }
        else
        {
            yield return ("accuracy", "not measured: no pictures were held out");
        }
        if (result.Unreadable > 0)
        {
            yield return ("left out", $"{PrintedText.Count(result.Unreadable, "picture")} that cannot be read");
        }
        yield return ("regularization", result.L2Regularization.ToString("G4", CultureInfo.InvariantCulture));
    }

    private static string Writable(string file)
    {
        string? folder = Path.GetDirectoryName(Path.GetFullPath(file));
        return Directory.Exists(file) ? throw new ToolException($"--save is '{file}', a folder; expected a file such as probe.zip.")
            : Directory.Exists(folder) ? file : throw new ToolException($"There is no folder '{folder}' for '{file}'.");
    }
}
