using System.Globalization;

namespace Microsoft.ML.Clip;

/// <summary>The cells of tables as text.</summary>
internal static class TableText
{
    private const int MostDecimals = 15;

    /// <summary>Whether it can be written.</summary>
    /// <exception cref="ArgumentException">It cannot; the message names table, row and column.</exception>
    public static ClipReportTable Check(ClipReportTable table)
    {
        if (table.Columns.Count == 0)
        {
            throw new ArgumentException($"The table '{table.Name}' has no column.");
        }
        if (table.Columns.FirstOrDefault(c => c.Decimals is < 0 or > MostDecimals) is { } column)
        {
            throw new ArgumentException($"Column '{column.Name}' of the table '{table.Name}' is to have {column.Decimals} digits behind the point; expected 0 to {MostDecimals}.");
        }
        for (int row = 0; row < table.Rows.Count; row++)
        {
            if (table.Rows[row].Count != table.Columns.Count)
            {
                throw new ArgumentException($"Row {row} (counted from 0) of the table '{table.Name}' has {table.Rows[row].Count} cells for {table.Columns.Count} columns.");
            }
            for (int i = 0; i < table.Columns.Count; i++)
            {
                Check(table, row, i);
            }
        }
        return table;
    }

    /// <summary>A cell as people read it.</summary>
    public static string Of(ClipReportCell cell, ClipReportColumn column)
    {
        if (cell.Value is not { } value)
        {
            return cell.Text ?? "";
        }
        return cell.Interval is { } interval ? $"{Number(value, column)} ({Number(interval.Lower, column)} to {Number(interval.Upper, column)})" : Number(value, column);
    }

    public static string Csv(ClipReportTable table)
    {
        bool[] hasInterval = [.. table.Columns.Select((_, i) => table.Rows.Any(r => r[i].Interval is not null))];
        var text = new CsvWriter();
        text.Write(table.Columns.SelectMany((c, i) => hasInterval[i] ? new[] { c.Name, c.Name + "_lower", c.Name + "_upper" } : [c.Name]));
        foreach (var row in table.Rows)
        {
            text.Write(row.SelectMany((cell, i) => hasInterval[i] ? new[] { Raw(cell), Raw(cell.Interval?.Lower), Raw(cell.Interval?.Upper) } : [Raw(cell)]));
        }
        return text.ToString();
    }

    private static string Raw(ClipReportCell cell) => cell.Text ?? Raw(cell.Value);

    private static string Raw(double? value) => value?.ToString("R", CultureInfo.InvariantCulture) ?? "";

    private static string Number(double value, ClipReportColumn column) => column.Format switch
    {
        ClipReportFormat.Text => value.ToString("R", CultureInfo.InvariantCulture),
        ClipReportFormat.Count => value.ToString("N0", CultureInfo.InvariantCulture),
        ClipReportFormat.Percent => Fixed(100 * value, column.Decimals),
        _ => Fixed(value, column.Decimals),
    };

    // What rounds to nothing has no sign.
    private static string Fixed(double value, int decimals)
    {
        string text = value.ToString("F" + decimals.ToString(CultureInfo.InvariantCulture), CultureInfo.InvariantCulture);
        return text.StartsWith('-') && text.AsSpan().IndexOfAnyInRange('1', '9') < 0 ? text[1..] : text;
    }

    private static void Check(ClipReportTable table, int row, int column)
    {
        var cell = table.Rows[row][column];
        double?[] numbers = [cell.Value, cell.Interval?.Lower, cell.Interval?.Upper];
        if (numbers.FirstOrDefault(n => n is { } number && !double.IsFinite(number)) is { } wrong)
        {
            throw new ArgumentException($"Row {row} (counted from 0) of the table '{table.Name}' has {wrong.ToString(CultureInfo.InvariantCulture)} for '{table.Columns[column].Name}'; expected a number, or nothing.");
        }
        if (!cell.Image.IsEmpty && (cell.Text is null || ImageCards.MediaType(cell.Image.Span) is null))
        {
            throw new ArgumentException($"Row {row} (counted from 0) of the table '{table.Name}' has for '{table.Columns[column].Name}' {(cell.Text is null ? "a picture without a name" : $"a picture, '{cell.Text}', that is none of JPEG, PNG, GIF and WebP by its first bytes")}.");
        }
        if (cell is { Text: not null, Value: not null } or { Value: null, Interval: not null })
        {
            throw new ArgumentException($"Row {row} (counted from 0) of the table '{table.Name}' has for '{table.Columns[column].Name}' {(cell.Text is null ? "an interval of no number" : "a text and a number")}.");
        }
    }
}
