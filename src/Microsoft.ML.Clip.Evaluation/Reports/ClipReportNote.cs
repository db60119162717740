namespace Microsoft.ML.Clip;

/// <summary>Plain text that must not be overlooked: what limits the numbers beside it, what was skipped.</summary>
/// <param name="Text">The text.</param>
public sealed record ClipReportNote(string Text) : ClipReportBlock;
