using System.Text;

namespace Microsoft.ML.Clip;

/// <summary>Writes reports that are whole or not there: into a folder beside, which then takes the place of the other.</summary>
internal static class ReportFolder
{
    private static readonly UTF8Encoding Utf8 = new(encoderShouldEmitUTF8Identifier: false);

    private const string Results = "results.csv";

    private static readonly string[] Pages = ["report.html", "report.md", "report.json"];

    public static void Save(ReportNames names, ClipReport report, string directory, string? results)
    {
        string target = Path.TrimEndingDirectorySeparator(Path.GetFullPath(directory)), parent = Path.GetDirectoryName(target)
            ?? throw new IOException($"'{directory}' is the root of a disk; expected a folder for the report.");
        Directory.CreateDirectory(parent);
        CheckReplaceable(target);
        string fresh = Beside(target), old = Beside(target);
        try
        {
            Directory.CreateDirectory(fresh);
            foreach (var (file, text) in Files(names, report, results))
            {
                string path = Path.Combine(fresh, file);
                Directory.CreateDirectory(Path.GetDirectoryName(path)!);
                File.WriteAllText(path, text, Utf8);
            }
            bool isThere = Directory.Exists(target);
            if (isThere)
            {
                Directory.Move(target, old);
            }
            try
            {
                Directory.Move(fresh, target);
            }
            catch when (isThere)
            {
                Directory.Move(old, target);
                throw;
            }
        }
        finally
        {
            Delete(fresh);
        }
        Delete(old);
    }

    private static IEnumerable<(string File, string Text)> Files(ReportNames names, ClipReport report, string? results)
    {
        if (results is not null)
        {
            yield return (Results, results);
        }
        yield return (Pages[0], HtmlReport.Write(names, report));
        yield return (Pages[1], MarkdownReport.Write(names, report));
        yield return (Pages[2], JsonReport.Write(names, report));
        foreach (var block in report.Sections.SelectMany(s => s.Blocks))
        {
            if (block is ClipReportPlot plot)
            {
                yield return (names[plot], plot.Svg + "\n");
            }
            else if (block is ClipReportTable table)
            {
                yield return (names[table], TableText.Csv(table));
            }
        }
    }

    // What is replaced is deleted: only files that reports consist of.
    private static void CheckReplaceable(string target)
    {
        if (File.Exists(target))
        {
            throw new IOException($"'{target}' is a file; expected a folder for the report.");
        }
        if (!Directory.Exists(target))
        {
            return;
        }
        foreach (string path in Directory.EnumerateFileSystemEntries(target, "*", new EnumerationOptions { RecurseSubdirectories = true, AttributesToSkip = 0 }))
        {
            string name = Path.GetRelativePath(target, path).Replace('\\', '/'), folder = Path.GetDirectoryName(name) ?? "";
            bool isLink = (File.GetAttributes(path) & FileAttributes.ReparsePoint) != 0;
            bool isReports = Directory.Exists(path) ? name is "plots" or "tables"
                : name == Results || Pages.Contains(name) || (folder == "plots" && name.EndsWith(".svg", StringComparison.Ordinal))
                || (folder == "tables" && name.EndsWith(".csv", StringComparison.Ordinal));
            if (isLink || !isReports)
            {
                throw new IOException($"'{target}' has '{name}', which is no part of a report; expected an empty folder, one with a report, or none, as it is replaced.");
            }
        }
    }

    private static string Beside(string target) => $"{target}.{Guid.NewGuid():N}.tmp";

    private static void Delete(string folder)
    {
        if (Directory.Exists(folder))
        {
            Directory.Delete(folder, recursive: true);
        }
    }
}
