namespace Microsoft.ML.Clip;

/// <summary>Plain text. An empty line in it begins a new paragraph; nothing in it is markup.</summary>
/// <param name="Text">The text.</param>
public sealed record ClipReportParagraph(string Text) : ClipReportBlock;
