namespace Microsoft.ML.Clip;

/// <summary>A plot.</summary>
/// <param name="Name">Its name among the report's plots, from which that of its file follows.</param>
/// <param name="Svg">An <c>svg</c> element as <see cref="ClipPlots"/> draws it. It goes into the page as it is: hand in none that others wrote.</param>
/// <param name="Caption">What it shows.</param>
public sealed record ClipReportPlot(string Name, string Svg, string Caption) : ClipReportBlock;
