namespace Microsoft.ML.Clip;

/// <summary>Several models by what an image costs and by their size: figure 10 of the paper.</summary>
internal static class ComputeSection
{
    public static ClipReportSection? Of(ClipEvaluationResults results)
    {
        var blocks = new List<ClipReportBlock>();
        foreach (var kind in new[] { ClipEvaluationKind.LinearProbe, ClipEvaluationKind.ZeroShot })
        {
            int sets = results.CommonTasks(kind).Count;
            var models = results.Models.Where(m => m.MultiplyAdds > 0 && results.Mean(m.Name, kind) is not null).ToArray();
            if (models.Length < 2)
            {
                continue;
            }
            string name = ResultSections.Name(kind).ToLowerInvariant();
            blocks.Add(Plot($"compute {name}", "GFLOPs of an image", m => m.MultiplyAdds!.Value / 1e9));
            blocks.Add(Plot($"parameters {name}", "Millions of weights of the image tower", m => m.Parameters!.Value / 1e6));

            ClipReportPlot Plot(string file, string axis, Func<ClipEvaluationModelFacts, double> place) => new(file, ClipPlots.Lines("",
                new(axis) { Scale = ClipPlotScale.Logarithmic }, ClipPlotAxis.Percent($"Mean score, {name}, %"),
                [.. models.GroupBy(m => m.Family ?? m.Name).Select(family => new ClipPlotLine(family.Key,
                    [.. family.OrderBy(place).Select(m => new ClipPlotPoint(place(m), results.Mean(m.Name, kind)!.Value) { Label = m.Name })]))]),
                $"Mean {name} over the {sets} {(sets == 1 ? "set" : "sets")} that all models have, a line for each family (figure 10 of the paper). A multiply-add is one operation.");
        }
        return blocks.Count == 0 ? null : new("Compute and size") { Blocks = blocks };
    }
}
