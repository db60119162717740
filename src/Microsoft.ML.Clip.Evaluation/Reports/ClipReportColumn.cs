namespace Microsoft.ML.Clip;

/// <summary>A column of a report's table.</summary>
/// <param name="Name">What stands above it; in CSV the field's name.</param>
/// <param name="Format">How its numbers are written. Columns of text stand to the left, others to the right.</param>
/// <param name="Decimals">How many digits stand behind the point, 0 to 15, where the format has them.</param>
public sealed record ClipReportColumn(string Name, ClipReportFormat Format = ClipReportFormat.Text, int Decimals = 1);
