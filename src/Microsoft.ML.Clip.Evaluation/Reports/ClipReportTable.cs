using System.Text;

namespace Microsoft.ML.Clip;

/// <summary>A table of a report. Immutable.</summary>
/// <param name="Name">Its name among the report's tables, from which that of its file follows.</param>
/// <param name="Caption">What it shows.</param>
public sealed record ClipReportTable(string Name, string Caption) : ClipReportBlock
{
    /// <summary>Its columns; at least one.</summary>
    public required IReadOnlyList<ClipReportColumn> Columns { get; init; }

    /// <summary>Its rows, each with a cell for each column. The first cell is the row's heading.</summary>
    public required IReadOnlyList<IReadOnlyList<ClipReportCell>> Rows { get; init; }

    /// <summary>
    /// The table by RFC 4180, with a heading, its numbers unrounded. A column with intervals becomes three: <c>NAME</c>, <c>NAME_lower</c>, <c>NAME_upper</c>.
    /// Programs that calculate with tables may take a text that begins with <c>=</c> for a formula; it is written as it is.
    /// </summary>
    /// <returns>The text, lines ended by CR and LF.</returns>
    /// <exception cref="ArgumentException">A row does not fit the columns, or a number is NaN or infinite.</exception>
    public string ToCsv() => TableText.Csv(TableText.Check(this));

    /// <inheritdoc/>
    protected override bool PrintMembers(StringBuilder builder) => RecordText.Append(builder, this);
}
