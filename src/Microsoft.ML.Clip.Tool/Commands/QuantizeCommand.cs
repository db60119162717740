using System.CommandLine;
using System.Globalization;

namespace Mlclip;

/// <summary><c>mlclip quantize</c>: a model in 8 bits, and what it is worth.</summary>
internal static class QuantizeCommand
{
    public static Command Create()
    {
        var source = new Argument<string>("SOURCE") { Description = "The model: a directory, the id of one that is downloaded already, or 'tiny'." };
        var destination = new Argument<string>("DESTINATION") { Description = "The directory that is written; it may be SOURCE, which then has both." };
        var images = new Option<string[]>("--images")
        {
            HelpName = "PATH",
            Description = "Pictures such as the model will see, some hundred, to calibrate and to measure on. Without them patterns are drawn, which says little.",
            AllowMultipleArgumentsPerToken = true,
        };
        var variant = new Option<string>("--variant") { HelpName = "NAME", Description = "What the export is called.", DefaultValueFactory = _ => "int8" };
        var from = new Option<string?>("--source-variant") { HelpName = "NAME", Description = "Which of several exports of SOURCE. Default: the one without a name." };
        var noSpeed = new Option<bool>("--no-speed") { Description = "Do not measure how fast both are, which takes some seconds." };
        var overwrite = new Option<bool>("--overwrite") { Description = "Replace an export of that name." };
        return ToolCommand.Of("quantize", "Make a model of 8 bits: a quarter of the size, two to three times as fast on processors of today. Says how near its embeddings are.",
            ["mlclip quantize ./my-model ./my-model --images photos", "mlclip classify photos --labels cat,dog --model ./my-model --variant int8"],
            [source, destination, images, variant, from, noSpeed, overwrite], (parse, output, stop) =>
            {
                string written = Checked.NoFile(parse.GetRequiredValue(destination)), name = parse.GetRequiredValue(variant);
                string? old = Directory.Exists(written) ? Directory.EnumerateFiles(written, $"*_{name}.onnx", SearchOption.AllDirectories).FirstOrDefault() : null;
                if (old is not null && !parse.GetValue(overwrite))
                {
                    throw new ToolException($"'{old}' is there already; --overwrite replaces it, and --variant gives the new one another name.");
                }
                var options = new ClipQuantizationOptions
                {
                    SourceVariant = parse.GetValue(from),
                    Variant = name,
                    MeasureSpeed = !parse.GetValue(noSpeed),
                    Overwrite = parse.GetValue(overwrite),
                    Images = parse.GetValue(images) is { Length: > 0 } paths ? [.. PictureFiles.Of(paths).Select(ClipImageSource.FromFile)] : [],
                    Progress = new Lines(output),
                };
                var report = ClipModel.Quantize(ModelChoice.FindDirectory(parse.GetRequiredValue(source)), written, options, stop);
                output.Facts(new(report.Directory, report.Variant, report.IsGood, Tower(report.Images), Tower(report.Texts), report.TopOneAgreement),
                    ToolJson.Lines.QuantizationResult, Facts(report));
                return ExitCode.Done;
            });
    }

    private static QuantizedTower? Tower(ClipQuantizedTower? t) =>
        t is null ? null : new(t.File, t.Bytes, t.OriginalBytes, t.MeanCosine, t.LowestCosine, t.Compared, t.Speedup);

    private static IEnumerable<(string Name, string Text)> Facts(ClipQuantizationReport report)
    {
        yield return ("written", $"{report.Directory}, variant {report.Variant}");
        foreach (var (name, tower) in new[] { ("images", report.Images), ("texts", report.Texts) })
        {
            if (tower is not null)
            {
                string speed = tower.Speedup is { } speedup ? string.Create(CultureInfo.InvariantCulture, $", {speedup:F2} times as fast") : "";
                yield return (name, string.Create(CultureInfo.InvariantCulture,
                    $"{tower.File}, {PrintedText.Size(tower.Bytes)} instead of {PrintedText.Size(tower.OriginalBytes)}, mean cosine {tower.MeanCosine:F5}{(tower.IsOnGeneratedInputs ? " on made-up inputs" : "")}{speed}"));
            }
        }
    }

    private sealed class Lines(ToolOutput output) : IProgress<string>
    {
        public void Report(string value) => output.Say($"mlclip: {value}");
    }
}
