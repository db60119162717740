namespace Microsoft.ML.Clip;

/// <summary>
/// A part of a section: a <see cref="ClipReportParagraph"/>, <see cref="ClipReportNote"/>, <see cref="ClipReportTable"/>, <see cref="ClipReportPlot"/> or
/// <see cref="ClipReportImages"/>. Immutable.
/// </summary>
public abstract record ClipReportBlock
{
    private protected ClipReportBlock()
    {
    }
}
