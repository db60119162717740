using System.Globalization;
using System.Text;

namespace Microsoft.ML.Clip;

/// <summary>A report as one page of HTML.</summary>
internal static class HtmlReport
{
    // The content security policy says what the page needs: nothing of others, no script.
    private const string Policy = "default-src 'none'; img-src data:; style-src 'unsafe-inline'";

    public static string Write(ReportNames names, ClipReport report)
    {
        var html = new StringBuilder();
        html.Append(CultureInfo.InvariantCulture, $"""
            <!DOCTYPE html>
            <html lang="{Markup.Encode(report.Language)}">
            <head>
            <meta charset="utf-8">
            <meta name="viewport" content="width=device-width, initial-scale=1">
            <meta name="color-scheme" content="light dark">
            <meta http-equiv="Content-Security-Policy" content="{Policy}">
            <title>{Markup.Encode(report.Title)}</title>
            <style>
            {HtmlStyles.Page}</style>
            </head>
            <body>
            <main>
            <h1 dir="auto">{Markup.Encode(report.Title)}</h1>

            """);
        if (report.Sections.Count > 1)
        {
            html.Append("<nav aria-label=\"Contents\">\n<ol>\n");
            for (int i = 0; i < report.Sections.Count; i++)
            {
                html.Append(CultureInfo.InvariantCulture, $"<li><a href=\"#{names.Anchors[i]}\">{Markup.Encode(report.Sections[i].Heading)}</a></li>\n");
            }
            html.Append("</ol>\n</nav>\n");
        }
        for (int i = 0; i < report.Sections.Count; i++)
        {
            var section = report.Sections[i];
            html.Append(CultureInfo.InvariantCulture, $"<section id=\"{names.Anchors[i]}\">\n<h2 dir=\"auto\">{Markup.Encode(section.Heading)}</h2>\n");
            foreach (var block in section.Blocks)
            {
                Append(html, names, block);
            }
            html.Append("</section>\n");
        }
        return html.Append("</main>\n</body>\n</html>\n").ToString();
    }

    /// <summary>A part of a page, with its styles and without anchors: several may stand on one page, which is not ours.</summary>
    public static string WritePiece(ClipReportBlock block)
    {
        var names = ReportNames.Of(new("") { Sections = [new("") { Blocks = [block] }] });
        var html = BeginPiece();
        Append(html, names, block, isPiece: true);
        return html.Append("</div>\n").ToString();
    }

    public static string WritePiece(ClipReport report)
    {
        var names = ReportNames.Of(report);
        var html = BeginPiece();
        html.Append(CultureInfo.InvariantCulture, $"<h2 dir=\"auto\">{Markup.Encode(report.Title)}</h2>\n");
        foreach (var section in report.Sections)
        {
            html.Append(CultureInfo.InvariantCulture, $"<h3 dir=\"auto\">{Markup.Encode(section.Heading)}</h3>\n");
            foreach (var block in section.Blocks)
            {
                Append(html, names, block, isPiece: true);
            }
        }
        return html.Append("</div>\n").ToString();
    }

    private static StringBuilder BeginPiece() => new StringBuilder("<div class=\"clip-piece\">\n<style>\n").Append(HtmlStyles.Piece).Append("</style>\n");

    private static void Append(StringBuilder html, ReportNames names, ClipReportBlock block, bool isPiece = false)
    {
        switch (block)
        {
            case ClipReportParagraph paragraph:
                Paragraphs(html, paragraph.Text);
                break;
            case ClipReportNote note:
                html.Append("<aside class=\"note\" role=\"note\">\n");
                Paragraphs(html, note.Text);
                html.Append("</aside>\n");
                break;
            case ClipReportTable table:
                Table(html, table, isPiece ? null : Path.GetFileNameWithoutExtension(names[table]));
                break;
            case ClipReportPlot plot:
                string shown = Markup.Encode(plot.Caption);
                html.Append(CultureInfo.InvariantCulture, $"<figure>\n<div class=\"plot\" role=\"region\" aria-label=\"{shown}\" tabindex=\"0\">\n{plot.Svg}\n</div>\n<figcaption dir=\"auto\">{shown}</figcaption>\n</figure>\n");
                break;
            case ClipReportImages images:
                html.Append(CultureInfo.InvariantCulture, $"<figure class=\"wide\">\n{ClipPlots.ImageGrid(images.Images)}\n<figcaption dir=\"auto\">{Markup.Encode(images.Caption)}</figcaption>\n</figure>\n");
                break;
        }
    }

    private static void Paragraphs(StringBuilder html, string text)
    {
        foreach (string paragraph in Markup.Paragraphs(text))
        {
            html.Append(CultureInfo.InvariantCulture, $"<p dir=\"auto\">{Markup.Encode(paragraph).Replace("\n", "<br>\n", StringComparison.Ordinal)}</p>\n");
        }
    }

    private static void Table(StringBuilder html, ClipReportTable table, string? id)
    {
        string caption = Markup.Encode(table.Caption);
        string label = id is null ? $"aria-label=\"{caption}\"" : $"aria-labelledby=\"table-{id}\"", anchor = id is null ? "" : $" id=\"table-{id}\"";
        html.Append(CultureInfo.InvariantCulture, $"<div class=\"table\" role=\"region\" {label} tabindex=\"0\">\n<table>\n<caption{anchor} dir=\"auto\">{caption}</caption>\n<thead>\n<tr>");
        foreach (var column in table.Columns)
        {
            html.Append(CultureInfo.InvariantCulture, $"<th scope=\"col\"{Class(column)} dir=\"auto\">{Markup.Encode(column.Name)}{(column.Format == ClipReportFormat.Percent ? ", %" : "")}</th>");
        }
        html.Append("</tr>\n</thead>\n<tbody>\n");
        foreach (var row in table.Rows)
        {
            html.Append("<tr>");
            for (int i = 0; i < row.Count; i++)
            {
                string text = Cell(row[i], table.Columns[i]);
                html.Append(i == 0 ? $"<th scope=\"row\"{Class(table.Columns[i])} dir=\"auto\">{text}</th>" : $"<td{Class(table.Columns[i])} dir=\"auto\">{text}</td>");
            }
            html.Append("</tr>\n");
        }
        html.Append("</tbody>\n</table>\n</div>\n");
    }

    private static string Cell(ClipReportCell cell, ClipReportColumn column)
    {
        string text = Markup.Encode(TableText.Of(cell, column));
        return cell.Image.IsEmpty ? text
            : $"<img class=\"clip-thumb\" alt=\"{text}\" src=\"data:{ImageCards.MediaType(cell.Image.Span)};base64,{Convert.ToBase64String(cell.Image.Span)}\">";
    }

    private static string Class(ClipReportColumn column) => column.Format == ClipReportFormat.Text ? "" : " class=\"n\"";
}
