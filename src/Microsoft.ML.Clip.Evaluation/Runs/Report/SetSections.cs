using System.Globalization;

namespace Microsoft.ML.Clip;

/// <summary>The sections of a report of results that are about one set each.</summary>
internal static class SetSections
{
    private const int MostClasses = 40, MostConfusions = 12, MostOnAMap = 30;

    public static IEnumerable<ClipReportSection> Of(ClipEvaluationResults results)
    {
        foreach (var task in results.Records.Where(r => r.Classification is not null).GroupBy(r => r.Task))
        {
            var blocks = new List<ClipReportBlock>();
            var first = task.First();
            if (first.Examples.Count > 0)
            {
                blocks.Add(new ClipReportParagraph($"A name and a file of its class, to look whether they fit: {string.Join("; ", first.Examples)}."));
            }
            blocks.AddRange(task.SelectMany(r => r.Remarks).Distinct().Select(r => new ClipReportNote(r)));
            foreach (var record in task.Where(r => r.Kind is ClipEvaluationKind.ZeroShot or ClipEvaluationKind.LinearProbe))
            {
                blocks.AddRange(Of(record));
            }
            yield return new ClipReportSection(task.Key) { Blocks = blocks };
        }
    }

    private static IEnumerable<ClipReportBlock> Of(ClipEvaluationRecord record)
    {
        var result = record.Classification!;
        string way = $"{ResultSections.Name(record.Kind)}, {record.Model}", file = $"{record.Task} {ResultSections.Name(record.Kind)} {record.Model}";
        yield return new ClipReportTable($"{file} classes", result.Classes.Count <= MostClasses ? $"{way}: class by class."
            : $"{way}: the {MostClasses / 2} best and the {MostClasses / 2} worst of {result.Classes.Count} classes.")
        {
            Columns = [new("Class"), new("Images", ClipReportFormat.Count), ResultSections.Percent("Right"), new("Predicted", ClipReportFormat.Count), ResultSections.Percent("Precision")],
            Rows = [.. Chosen(result.Classes).Select(c => (IReadOnlyList<ClipReportCell>)
                [c.Name, c.Count, c.Count == 0 ? (string?)null : ClipReportCell.Rate(c.Hits, c.Count), c.Predicted, c.Precision])],
        };
        if (result.Confusions.Count > 0)
        {
            yield return new ClipReportTable($"{file} confusions", $"{way}: the most frequent mistakes.")
            {
                Columns = [new("Class"), new("taken for"), new("Images", ClipReportFormat.Count), ResultSections.Percent("of the class")],
                Rows = [.. result.Confusions.Take(MostConfusions).Select(c => (IReadOnlyList<ClipReportCell>)
                    [result.Classes[c.Label].Name, result.Classes[c.Predicted].Name, c.Count, c.Count / (double)result.Classes[c.Label].Count])],
            };
        }
        if (result.Classes.Count <= MostOnAMap)
        {
            yield return new ClipReportPlot($"{file} map", Map(result), $"{way}: what the images of each class (row) were taken for, percent of the row.");
        }
        if (result.Calibration.Count > 0)
        {
            yield return new ClipReportPlot($"{file} calibration", ClipPlots.Reliability("", result.Calibration),
                string.Create(CultureInfo.InvariantCulture, $"{way}: how far its probabilities can be believed; calibration error {100 * result.CalibrationError:F1} points."));
        }
    }

    private static string Map(ClipClassificationResult result)
    {
        string[] names = [.. result.Classes.Select(c => c.Name)];
        double?[][] shares = [.. result.Classes.Select(c => names.Select(_ => c.Count == 0 ? null : (double?)0).ToArray())];
        for (int i = 0; i < names.Length; i++)
        {
            if (result.Classes[i].Count > 0)
            {
                shares[i][i] = result.Classes[i].Recall;
            }
        }
        foreach (var confusion in result.Confusions)
        {
            shares[confusion.Label][confusion.Predicted] = confusion.Count / (double)result.Classes[confusion.Label].Count;
        }
        return ClipPlots.HeatMap("", names, names, shares, new() { IsPercent = true, RowTitle = "class", ColumnTitle = "taken for" });
    }

    private static IEnumerable<ClipClassResult> Chosen(IReadOnlyList<ClipClassResult> classes)
    {
        if (classes.Count <= MostClasses)
        {
            return classes;
        }
        var sorted = classes.Where(c => c.Count > 0).OrderByDescending(c => c.Recall).ThenBy(c => c.Name, StringComparer.Ordinal).ToArray();
        return sorted.Length <= MostClasses ? sorted : [.. sorted[..(MostClasses / 2)], .. sorted[^(MostClasses / 2)..]];
    }
}
