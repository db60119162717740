using System.Globalization;
using Microsoft.ML.Clip;

namespace PaperTour;

/// <summary>What others have published of models that nobody measures here: robustness of 335 ImageNet models, OpenCLIP's table, CIFAR-10.1.</summary>
internal static class PublishedSection
{
    // The shift, the columns of its accuracies, and that of ImageNet over the same classes.
    private static readonly (string Name, string[] Columns, string Base)[] Shifts =
    [
        .. ClipBenchmarks.Shifts7.Select(s => (s.Name, s.Shift!.Columns.ToArray(), s.Shift.BaseColumn)),
    ];

    public static ClipReportSection Robustness(string folder)
    {
        var models = Rows(Path.Combine(folder, "imagenet-testbed-top1.csv")).Select(Model).ToArray();
        var bends = ClipBenchmarks.Shifts7.Where(s => s.Shift!.BendsAt is not null).ToDictionary(s => s.Name, s => s.Shift!.BendsAt!.Value);
        var study = ClipShiftStudy.Fit(models, bends);
        var whole = study.Models.Where(m => m.Mean is not null).ToArray();
        var clip = whole.Where(IsClip).ToArray();
        return new("Natural distribution shift, published models")
        {
            Blocks =
            [
                new ClipReportParagraph($"Accuracies of {models.Length} models on ImageNet and on seven shifted sets (Taori et al. 2020). Standard models lie on a line on logit axes; what a model has above it is its effective robustness. CLIP's zero-shot models lie far above: figure 13 of the paper, from the published table."),
                new ClipReportPlot("robustness", ClipPlots.LogitScatter("", "Mean on ImageNet's classes of each shift, %", "Mean on seven shifts, %",
                    [.. whole.Select(m => new ClipPlotPoint(m.Mean!.Value.Base, m.Mean.Value.Shifted)
                    {
                        Label = Short(m.Name), IsLabelled = IsClip(m), IsMuted = !IsClip(m) && !m.IsStandard, Group = IsClip(m) ? "CLIP, zero-shot" : m.IsStandard ? "standard models" : null,
                    })],
                    new() { HasIdentityLine = true, Line = study.MeanLine }),
                    $"{whole.Length} models that were measured on all; the line and its 95% band are over the standard ones, grey are robust ones and those trained on more data."),
                new ClipReportTable("robustness", "Effective robustness of CLIP's zero-shot models, points above the line of standard models, shift by shift; of ImageNet-A the line above and below ResNet-50.")
                {
                    Columns = [new("Shift"), new("Slope", ClipReportFormat.Number, 3), new("r", ClipReportFormat.Number, 3), new("Standard models", ClipReportFormat.Count),
                        .. clip.Select(m => new ClipReportColumn(Short(m.Name), ClipReportFormat.Percent))],
                    Rows = [.. study.Lines.Select(line => (IReadOnlyList<ClipReportCell>)
                    [
                        line.Shift, line.Line.Slope, line.Line.Correlation, line.Line.Count + (line.Below?.Count ?? 0),
                        .. clip.Select(m => (ClipReportCell)m.Shifts.First(s => s.Shift == line.Shift).Effective),
                    ])],
                },
                new ClipReportNote("One set in the distribution, ImageNet, flatters models that were trained on other data (Shi et al. 2023): with several such sets the advantage becomes smaller."),
            ],
        };
    }

    public static ClipReportSection Scaling(string folder)
    {
        var rows = Rows(Path.Combine(folder, "openclip_results.csv"));
        var models = rows.Select(r => (Name: $"{r["name"]} {r["pretrained"]}", Family: Family(r["name"]), Compute: Number(r, "FLOPs (B)"), Parameters: Number(r, "params (M)"),
            Score: Number(r, "Average perf. on 38 datasets"))).Where(m => m is { Compute: > 0, Score: > 0 }).ToArray();
        var line = ClipScalingLine.Of([.. models.Select(m => (m.Compute!.Value, 1 - m.Score!.Value))]);
        var best = models.GroupBy(m => m.Family).Select(f => (Family: f.Key, Models: f.OrderBy(m => m.Compute).ToArray())).ToArray();
        return new("Compute")
        {
            Blocks =
            [
                new ClipReportParagraph($"OpenCLIP's own table of {rows.Count} models: the mean zero-shot score over 38 sets against compute, as figure 10 of the paper does it with probes, and the error against compute on two logarithmic axes, figure 9."),
                new ClipReportPlot("openclip-compute", ClipPlots.Scatter("", new("GFLOPs of an image and a text") { Scale = ClipPlotScale.Logarithmic }, ClipPlotAxis.Percent("Mean zero-shot score on 38 sets, %"),
                    [.. models.Select(m => new ClipPlotPoint(m.Compute!.Value, m.Score!.Value) { Label = m.Name, Group = m.Family, IsLabelled = false })]),
                    "A point for each model, by family."),
                new ClipReportPlot("openclip-scaling", ClipPlots.Lines("", new("GFLOPs of an image and a text") { Scale = ClipPlotScale.Logarithmic },
                    ClipPlotAxis.Percent("Mean error on 38 sets, %") with { Scale = ClipPlotScale.Logarithmic },
                    [
                        .. best.Where(f => f.Models.Length > 2 && f.Family != "others")
                            .Select(f => new ClipPlotLine(f.Family, Frontier(f.Models.Select(m => (m.Compute!.Value, 1 - m.Score!.Value))))),
                        new("power law", [.. new[] { models.Min(m => m.Compute!.Value), models.Max(m => m.Compute!.Value) }
                            .Select(c => new ClipPlotPoint(c, line.Expect(c)))]) { IsMuted = true },
                    ]),
                    Invariant($"The models of each family that none of it beats with less compute, and the power law over all models: exponent {line.Fit.Slope:F3}, r = {line.Fit.Correlation:F2}. Data and training differ between the points.")),
            ],
        };
    }

    /// <summary>Models on CIFAR-10 and on CIFAR-10.1, a set that was collected again.</summary>
    public static ClipReportSection Recollected(string folder, IReadOnlyList<int>? labels)
    {
        var v6 = ClipPublishedPredictions.FromCifar101(folder, "v6");
        var v4 = ClipPublishedPredictions.FromCifar101(folder, "v4").Models.ToDictionary(m => m.Model);
        var blocks = new List<ClipReportBlock>
        {
            new ClipReportParagraph("CIFAR-10.1 is CIFAR-10 collected once more (Recht et al. 2018): 2,021 and 2,000 images of the same classes. Every model loses, the better ones less; order hardly changes."),
        };
        if (labels is not null)
        {
            var original = ClipPublishedPredictions.FromCifar101(folder, "original", labels).Models.ToDictionary(m => m.Model);
            var points = v6.Models.Where(m => original.ContainsKey(m.Model)).Select(m => (Model: m, Base: original[m.Model])).ToArray();
            var line = ClipRobustnessLine.Fit([.. points.Select(p =>
                (ClipRobustnessLine.Rate(p.Base.Hits, p.Base.Answers.Count), ClipRobustnessLine.Rate(p.Model.Hits, p.Model.Answers.Count)))]);
            blocks.Add(new ClipReportPlot("cifar101", ClipPlots.LogitScatter("", "Accuracy on CIFAR-10, %", "Accuracy on CIFAR-10.1 v6, %",
                [.. points.Select(p => new ClipPlotPoint(p.Base.Accuracy, p.Model.Accuracy) { Label = p.Model.Model, YInterval = p.Model.Interval,
                    IsLabelled = false })],
                new() { HasIdentityLine = true, Line = line }),
                Invariant($"{points.Length} models, 99.5% intervals, the line through them: slope {line.Slope:F2} on logit axes, r = {line.Correlation:F3}. CIFAR-10's labels are estimated but for 246 of 10,000 rows.")));
        }
        blocks.Add(new ClipReportTable("cifar101", "Accuracy on both versions.")
        {
            Columns = [new("Model"), new("v4", ClipReportFormat.Percent, 2), new("v6", ClipReportFormat.Percent, 2)],
            Rows = [.. v6.Models.OrderByDescending(m => m.Accuracy).Select(m => (IReadOnlyList<ClipReportCell>)[m.Model, v4[m.Model].Accuracy, m.Accuracy])],
        });
        return new("A set collected again") { Blocks = blocks };
    }

    // From the cheapest on, those that are better than all before.
    private static ClipPlotPoint[] Frontier(IEnumerable<(double Compute, double Error)> models)
    {
        var kept = new List<ClipPlotPoint>();
        foreach (var (compute, error) in models.OrderBy(m => m.Compute).ThenBy(m => m.Error))
        {
            if (kept.Count == 0 || error < kept[^1].Y)
            {
                kept.Add(new(compute, error));
            }
        }
        return [.. kept];
    }

    private static ClipShiftModel Model(Dictionary<string, string> row)
    {
        var shifts = new Dictionary<string, ClipShiftAccuracy>();
        foreach (var (name, columns, @base) in Shifts)
        {
            double?[] values = [.. columns.Select(c => Number(row, c))];
            if (values.All(v => v is not null) && Number(row, @base) is { } of)
            {
                shifts[name] = new(of / 100, values.Average()!.Value / 100);
            }
        }
        string model = row["model"];
        return new()
        {
            Name = model,
            IsStandard = row["type"] == "STANDARD" && !model.Contains("aws", StringComparison.Ordinal)
            && !model.Contains("batch64", StringComparison.Ordinal),
            Shifts = shifts
        };
    }

    private static bool IsClip(ClipModelRobustness model) => model.Name.EndsWith("_clip_zeroshot", StringComparison.Ordinal);

    private static string Short(string name) => name switch { "vit_b_32_clip_zeroshot" => "CLIP ViT-B/32", "resnet50_clip_zeroshot" => "CLIP ResNet-50", _ => name };

    private static string Family(string name) => name switch
    {
        _ when name.Contains("SigLIP", StringComparison.OrdinalIgnoreCase) => "SigLIP",
        _ when name.StartsWith("EVA", StringComparison.Ordinal) => "EVA",
        _ when name.StartsWith("RN", StringComparison.Ordinal) => "ResNet",
        _ when name.StartsWith("convnext", StringComparison.Ordinal) => "ConvNeXt",
        _ when name.StartsWith("ViT", StringComparison.Ordinal) && !name.Contains("CLIPA", StringComparison.Ordinal) => "ViT",
        _ => "others",
    };

    private static double? Number(Dictionary<string, string> row, string column) =>
        row.TryGetValue(column, out string? text) && double.TryParse(text, CultureInfo.InvariantCulture, out double value) ? value : null;

    // These tables have no quotes.
    private static List<Dictionary<string, string>> Rows(string file)
    {
        string[] lines = File.ReadAllLines(file), columns = lines[0].Split(',');
        return [.. lines.Skip(1).Where(l => l.Length > 0).Select(l => columns.Zip(l.Split(',')).ToDictionary(c => c.First, c => c.Second))];
    }

    private static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
