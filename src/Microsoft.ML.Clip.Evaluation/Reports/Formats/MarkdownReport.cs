using System.Text;

namespace Microsoft.ML.Clip;

/// <summary>A report in GitHub's Markdown.</summary>
internal static class MarkdownReport
{
    public static string Write(ReportNames names, ClipReport report)
    {
        var text = new StringBuilder();
        text.Append("# ").Append(Line(report.Title)).Append('\n');
        foreach (var section in report.Sections)
        {
            text.Append("\n## ").Append(Line(section.Heading)).Append('\n');
            foreach (var block in section.Blocks)
            {
                text.Append('\n').Append(block switch
                {
                    ClipReportParagraph paragraph => string.Join("\n\n", Markup.Paragraphs(paragraph.Text).Select(Line)) + "\n",
                    ClipReportNote note => string.Join("\n>\n", Markup.Paragraphs(note.Text).Select(p => "> " + Line(p))) + "\n",
                    ClipReportTable table => Table(table),
                    ClipReportPlot plot => $"![{Line(plot.Caption)}]({names[plot]})\n\n{Line(plot.Caption)}\n",
                    ClipReportImages images => Images(images),
                    _ => "",
                });
            }
        }
        return text.ToString();
    }

    private static string Table(ClipReportTable table)
    {
        var text = new StringBuilder(Line(table.Caption)).Append("\n\n|");
        text.AppendJoin('|', table.Columns.Select(c => $" {Line(c.Name)}{(c.Format == ClipReportFormat.Percent ? ", %" : "")} ")).Append("|\n|");
        text.AppendJoin('|', table.Columns.Select(c => c.Format == ClipReportFormat.Text ? "---" : "---:")).Append("|\n");
        foreach (var row in table.Rows)
        {
            text.Append('|').AppendJoin('|', row.Select((cell, i) => $" {(cell.Value is null ? Line(cell.Text ?? "") : TableText.Of(cell, table.Columns[i]))} ")).Append("|\n");
        }
        return text.ToString();
    }

    private static string Images(ClipReportImages images)
    {
        var text = new StringBuilder(Line(images.Caption)).Append("\n\n");
        foreach (var image in images.Images)
        {
            text.Append("- ").Append(Line(image.TrueClass)).Append(": ")
                .AppendJoin(", ", image.Guesses.Select(g => FormattableString.Invariant($"{Line(g.Name)} {100 * g.Probability:F1}%"))).Append('\n');
        }
        return text.ToString();
    }

    // Characters that begin markup are escaped; an escaped one reads as itself everywhere. Stops, dashes and pluses begin a list at the start of a line alone.
    private static string Line(string text)
    {
        string clean = Markup.Clean(text).Replace('\n', ' ').Trim();
        var line = new StringBuilder();
        for (int i = 0; i < clean.Length; i++)
        {
            bool isMarkup = clean[i] is '\\' or '`' or '*' or '_' or '{' or '}' or '[' or ']' or '<' or '>' or '#' or '|' or '~' or '&' or '$' or '@'
                || (clean[i] is '+' or '-' or '=' && i == 0) || (clean[i] is '.' or ')' && i > 0 && clean.AsSpan(0, i).IndexOfAnyExceptInRange('0', '9') < 0);
            line.Append(isMarkup ? "\\" : "").Append(clean[i]);
        }
        return line.ToString();
    }
}
