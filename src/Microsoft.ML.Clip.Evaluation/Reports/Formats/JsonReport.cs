using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Microsoft.ML.Clip;

/// <summary>A report for machines.</summary>
internal static class JsonReport
{
    // Quotes and all that ends a script or an attribute stay escaped, letters of other languages do not.
    private static readonly JsonWriterOptions Options = new()
    {
        Indented = true,
        Encoder = JavaScriptEncoder.Create(System.Text.Unicode.UnicodeRanges.All),
        NewLine = "\n"
    };

    public static string Write(ReportNames names, ClipReport report)
    {
        using var stream = new MemoryStream();
        using (var json = new Utf8JsonWriter(stream, Options))
        {
            json.WriteStartObject();
            json.WriteString("title", report.Title);
            json.WriteString("language", report.Language);
            json.WriteStartArray("sections");
            foreach (var section in report.Sections)
            {
                json.WriteStartObject();
                json.WriteString("heading", section.Heading);
                json.WriteStartArray("blocks");
                foreach (var block in section.Blocks)
                {
                    json.WriteStartObject();
                    Write(json, names, block);
                    json.WriteEndObject();
                }
                json.WriteEndArray();
                json.WriteEndObject();
            }
            json.WriteEndArray();
            json.WriteEndObject();
        }
        return Encoding.UTF8.GetString(stream.GetBuffer(), 0, (int)stream.Length);
    }

    private static void Write(Utf8JsonWriter json, ReportNames names, ClipReportBlock block)
    {
        switch (block)
        {
            case ClipReportParagraph paragraph:
                json.WriteString("kind", "paragraph");
                json.WriteString("text", paragraph.Text);
                break;
            case ClipReportNote note:
                json.WriteString("kind", "note");
                json.WriteString("text", note.Text);
                break;
            case ClipReportPlot plot:
                json.WriteString("kind", "plot");
                json.WriteString("name", plot.Name);
                json.WriteString("file", names[plot]);
                json.WriteString("caption", plot.Caption);
                break;
            case ClipReportTable table:
                Write(json, table, names[table]);
                break;
            case ClipReportImages images:
                Write(json, images);
                break;
        }
    }

    private static void Write(Utf8JsonWriter json, ClipReportTable table, string file)
    {
        json.WriteString("kind", "table");
        json.WriteString("name", table.Name);
        json.WriteString("file", file);
        json.WriteString("caption", table.Caption);
        json.WriteStartArray("columns");
        foreach (var column in table.Columns)
        {
            json.WriteStringValue(column.Name);
        }
        json.WriteEndArray();
        json.WriteStartArray("rows");
        foreach (var row in table.Rows)
        {
            json.WriteStartArray();
            foreach (var cell in row)
            {
                Write(json, cell);
            }
            json.WriteEndArray();
        }
        json.WriteEndArray();
    }

    private static void Write(Utf8JsonWriter json, ClipReportCell cell)
    {
        if (cell.Value is not { } value)
        {
            json.WriteStringValue(cell.Text);
        }
        else if (cell.Interval is not { } interval)
        {
            json.WriteNumberValue(value);
        }
        else
        {
            json.WriteStartObject();
            json.WriteNumber("value", value);
            json.WriteNumber("lower", interval.Lower);
            json.WriteNumber("upper", interval.Upper);
            json.WriteEndObject();
        }
    }

    private static void Write(Utf8JsonWriter json, ClipReportImages images)
    {
        json.WriteString("kind", "images");
        json.WriteString("caption", images.Caption);
        json.WriteStartArray("images");
        foreach (var image in images.Images)
        {
            json.WriteStartObject();
            json.WriteString("name", image.Name);
            json.WriteString("class", image.TrueClass);
            json.WriteStartArray("guesses");
            foreach (var guess in image.Guesses)
            {
                json.WriteStartObject();
                json.WriteString("class", guess.Name);
                json.WriteNumber("probability", guess.Probability);
                json.WriteEndObject();
            }
            json.WriteEndArray();
            json.WriteEndObject();
        }
        json.WriteEndArray();
    }
}
