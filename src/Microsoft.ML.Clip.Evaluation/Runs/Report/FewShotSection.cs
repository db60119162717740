namespace Microsoft.ML.Clip;

/// <summary>Probes on few images beside zero-shot: figures 6 and 7 of the paper.</summary>
internal static class FewShotSection
{
    public static ClipReportSection Of(ClipEvaluationResults results)
    {
        var curves = results.Records.Where(r => r.FewShot is not null).ToArray();
        bool many = results.Models.Count > 1;
        var blocks = new List<ClipReportBlock>();
        if (curves.Select(r => r.Task).Distinct().Count() > 1 && Means(curves, many) is { Length: > 0 } means)
        {
            blocks.Add(Plot("few-shot-mean", "", "Mean score, %", means,
                "The mean over all sets with a curve (figure 6 of the paper): linear probes on few images, and zero-shot as a star at none."));
        }
        foreach (var task in curves.GroupBy(r => r.Task))
        {
            blocks.Add(Plot($"few-shot-{task.Key}", task.Key, $"{task.First().Metric}, %", [.. task.SelectMany(r => CurveLines.Of(r.FewShot!, many ? $"{r.Model}, " : ""))],
                "Mean and standard deviation over draws. The regularisation is chosen within the shots."));
        }
        blocks.AddRange(Efficiency(curves, many));
        return new("From few images") { Blocks = blocks };
    }

    private static ClipReportPlot Plot(string name, string title, string axis, ClipPlotLine[] lines, string caption) => new(name,
        ClipPlots.Lines(title, new("Labelled images of each class") { Scale = ClipPlotScale.Shots }, ClipPlotAxis.Percent(axis), lines), caption);

    // Only numbers of images that every set was measured with: means over other sets at each point would jump.
    private static ClipPlotLine[] Means(ClipEvaluationRecord[] curves, bool many) => [.. curves.GroupBy(r => r.Model).SelectMany(model =>
    {
        string prefix = many ? $"{model.Key}, " : "";
        int?[] shots = [.. model.First().FewShot!.Points.Select(p => p.Shots).Where(s => model.All(r => r.FewShot!.Points.Any(p => p.Shots == s)))];
        var lines = new List<ClipPlotLine>();
        if (shots.Length > 0)
        {
            lines.Add(new(prefix + "linear probe", [.. shots.Select(s =>
                new ClipPlotPoint(s ?? ClipPlotAxis.WholeSet, model.Average(r => r.FewShot!.Points.First(p => p.Shots == s).Mean)))]));
        }
        if (model.All(r => r.FewShot!.ZeroShot is not null))
        {
            lines.Add(new(prefix + "zero-shot", [new(0, model.Average(r => r.FewShot!.ZeroShot!.Value))]));
        }
        return lines;
    })];

    private static IEnumerable<ClipReportBlock> Efficiency(ClipEvaluationRecord[] curves, bool many)
    {
        var known = curves.Where(r => r.FewShot!.ZeroShot is not null).Select(r => (Record: r, Needed: CurveLines.Efficiency(r.FewShot!))).ToArray();
        if (known.Length == 0)
        {
            yield break;
        }
        if (known.Length > 1)
        {
            var all = known.Select(k => k.Needed).ToArray();
            yield return new ClipReportPlot("data-efficiency", ClipPlots.Bars("", new("Labelled images of each class that zero-shot is worth") { Scale = ClipPlotScale.Logarithmic },
                [.. known.Select(k => new ClipPlotBar(many ? $"{k.Record.Task}, {k.Record.Model}" : k.Record.Task, k.Needed.ImagesPerClass) { Text = k.Needed.ToString() })],
                new() { Marks = [new("median", ClipDataEfficiency.Median(all).ImagesPerClass), new("mean", ClipDataEfficiency.Mean(all).ImagesPerClass)] }),
                "How many labelled images of each class a probe needs to be as good as zero-shot (figure 7 of the paper); less than the fewest that were measured, and more than there are, stand as such.");
        }
        yield return new ClipReportTable("data-efficiency", "The same in numbers: linear in the logarithm between the points.")
        {
            Columns = [new("Set"), new("Model"), ResultSections.Percent("Zero-shot"), new("Images of each class")],
            Rows = [.. known.Select(k => (IReadOnlyList<ClipReportCell>)[k.Record.Task, k.Record.Model, k.Record.FewShot!.ZeroShot, k.Needed.ToString()])],
        };
    }
}
