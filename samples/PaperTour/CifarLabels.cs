using System.Globalization;
using Microsoft.ML.Clip;

namespace PaperTour;

/// <summary>CIFAR-10's test set in its published order: what people said to it (CIFAR-10H), with labels that are estimated for 246 of 10,000 rows.</summary>
internal static class CifarLabels
{
    private static readonly string[] Names = ["airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"];

    /// <param name="folder">CIFAR-10H's folder, with <c>labels-estimate.csv</c>; null for no labels.</param>
    public static IReadOnlyList<int>? Read(string? folder)
    {
        if (folder is null)
        {
            return null;
        }
        string[] lines = File.ReadAllLines(Path.Combine(folder, "labels-estimate.csv")), columns = lines[0].Split(',');
        int label = Array.FindIndex(columns, c => c.Contains("label", StringComparison.OrdinalIgnoreCase));
        return [.. lines.Skip(1).Select(l => l.Split(',')[label])
            .Select(v => int.TryParse(v, CultureInfo.InvariantCulture, out int k) ? k : Array.IndexOf(Names, v))];
    }

    public static ClipReportSection People(string folder, ClipEvaluationRecord? model)
    {
        var votes = ClipHumanVotes.FromCifar10H(Path.Combine(folder, "cifar10h-counts.npy"), Read(folder)!);
        var rows = votes.Classes.Select(c =>
        {
            var own = model?.Classification?.Classes.FirstOrDefault(m => m.Name == Names[c.Label]);
            return (c.Label, People: c.Accuracy, Model: own?.Recall);
        }).OrderBy(c => c.Model ?? c.People).ToArray();
        var lines = new List<ClipPlotLine> { new("people", [.. rows.Select((r, i) => new ClipPlotPoint(i, r.People))]) };
        if (rows.All(r => r.Model is not null))
        {
            lines.Add(new(model!.Model + ", zero-shot", [.. rows.Select((r, i) => new ClipPlotPoint(i, r.Model!.Value))]));
        }
        return new("People on CIFAR-10")
        {
            Blocks =
            [
                new ClipReportParagraph(string.Create(CultureInfo.InvariantCulture, $"{votes.Answers:N0} answers of people to CIFAR-10's test images (Peterson et al. 2019): {100 * votes.Rate.MeanPerClass:F1}% right per class, {100 * votes.Majority.Accuracy:F1}% of the most frequent answers. The labels of 246 of the 10,000 rows are open, so that only classes are compared, and no images.")),
                new ClipReportPlot("cifar10h", ClipPlots.Lines("", new("") { Scale = ClipPlotScale.Names, Names = [.. rows.Select(r => Names[r.Label])] },
                    ClipPlotAxis.Percent("Right, %"), lines), "Class by class, from the hardest for the model to the easiest."),
            ],
        };
    }
}
