using System.Globalization;
using System.Text;

namespace Microsoft.ML.Clip;

/// <summary>Names within a report: anchors of its sections, files of its tables and plots. Making them checks that the report can be written.</summary>
internal sealed class ReportNames
{
    private const int Longest = 80;

    private readonly Dictionary<ClipReportBlock, string> _files = new(ReferenceEqualityComparer.Instance);

    /// <summary>An anchor for each section, in order.</summary>
    public required IReadOnlyList<string> Anchors { get; init; }

    /// <summary>The file of a plot, relative to the report.</summary>
    public string this[ClipReportPlot plot] => $"plots/{_files[plot]}.svg";

    /// <summary>The file of a table, relative to the report.</summary>
    public string this[ClipReportTable table] => $"tables/{_files[table]}.csv";

    /// <exception cref="ArgumentException">The report cannot be written.</exception>
    public static ReportNames Of(ClipReport report)
    {
        var taken = new HashSet<string>(StringComparer.Ordinal);
        var names = new ReportNames
        {
            Anchors = [.. report.Sections.Select((s, i) => FileName(s.Heading) is { Length: > 0 } name && taken.Add(name) ? name
                : string.Create(CultureInfo.InvariantCulture, $"section-{i + 1}"))],
        };
        var plots = new Dictionary<string, string>(StringComparer.Ordinal);
        var tables = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var block in report.Sections.SelectMany(s => s.Blocks))
        {
            switch (block)
            {
                case ClipReportPlot plot:
                    names._files[plot] = Take(plots, plot.Name, "plot");
                    break;
                case ClipReportTable table:
                    names._files[TableText.Check(table)] = Take(tables, table.Name, "table");
                    break;
                case ClipReportImages images when images.Images.Count == 0:
                    throw new ArgumentException($"There is no image for '{images.Caption}'.");
            }
        }
        return names;
    }

    private static string Take(Dictionary<string, string> taken, string name, string what)
    {
        string file = FileName(name);
        if (file.Length == 0)
        {
            throw new ArgumentException($"The {what} '{name}' has a name without a letter or digit of ASCII; expected one that can be a file's.");
        }
        if (taken.ContainsValue(name))
        {
            throw new ArgumentException($"Two of the report's {what}s have the name '{name}'; expected different names.");
        }
        // Sets in other scripts, or with long names, may differ in nothing that a file's name has: a report is not lost for it.
        string free = file;
        for (int i = 2; !taken.TryAdd(free, name); i++)
        {
            free = string.Create(CultureInfo.InvariantCulture, $"{file}-{i}");
        }
        return free;
    }

    // Letters and digits of ASCII and dashes: a name in every file system, and in no need of encoding in a link. A dash at the end keeps Windows' device
    // names away.
    private static string FileName(string name)
    {
        var text = new StringBuilder();
        foreach (char c in Markup.Clean(name).Normalize(NormalizationForm.FormKD))
        {
            if (char.IsAsciiLetterOrDigit(c))
            {
                text.Append(char.ToLowerInvariant(c));
            }
            else if (text.Length > 0 && text[^1] != '-' && !char.IsAsciiLetterOrDigit(c)
                && CharUnicodeInfo.GetUnicodeCategory(c) != UnicodeCategory.NonSpacingMark)
            {
                text.Append('-');
            }
        }
        // Of a long name both ends are kept: the set stands at the beginning, and what is shown of it at the end.
        string all = text.ToString(), file = (all.Length <= Longest ? all : $"{all[..(Longest / 2)]}-{all[^((Longest / 2) - 1)..]}").Trim('-');
        return file is "con" or "prn" or "aux" or "nul"
            || (file.Length == 4 && (file.StartsWith("com", StringComparison.Ordinal) || file.StartsWith("lpt", StringComparison.Ordinal)))
            ? file + "-" : file;
    }
}
