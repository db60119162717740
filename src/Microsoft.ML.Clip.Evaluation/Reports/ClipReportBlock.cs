namespace Microsoft.ML.Clip;

/// <summary>
/// A part of a section: a <see cref="ClipReportParagraph"/>, <see cref="ClipReportNote"/>, <see cref="ClipReportTable"/>, <see cref="ClipReportPlot"/> or
/// <see cref="ClipReportImages"/>. Immutable. Notebooks of .NET Interactive, and what took its rules over, show it as <see cref="ToHtml"/> writes it.
/// </summary>
[TypeFormatterSource(typeof(NotebookFormatterSource))]
public abstract record ClipReportBlock
{
    private protected ClipReportBlock()
    {
    }

    /// <summary>
    /// A <c>div</c> with styles of its own, for a cell of a notebook or a page that is not of this library: light or dark as that is, no script, nothing to
    /// load. All text may be foreign; it is encoded.
    /// </summary>
    /// <returns>The element. <see cref="ClipReport.ToHtml"/> makes a whole page.</returns>
    /// <exception cref="ArgumentException">The part cannot be written: a row does not fit its columns, a number is NaN, a picture is none.</exception>
    public string ToHtml() => HtmlReport.WritePiece(this);
}
