using System.Text;

namespace Microsoft.ML.Clip;

/// <summary>
/// A report: sections of paragraphs, tables, plots and images, as one page of HTML that needs nothing beside it, as Markdown, as JSON, or as a folder of all of
/// these with the tables as CSV and the plots as SVG. All text may be foreign (names of classes and files); it is encoded. Immutable, thread-safe. Notebooks of
/// .NET Interactive show it.
/// </summary>
/// <param name="Title">What stands above it.</param>
[TypeFormatterSource(typeof(NotebookFormatterSource))]
public sealed record ClipReport(string Title)
{
    /// <summary>Its sections, in order.</summary>
    public IReadOnlyList<ClipReportSection> Sections { get; init; } = [];

    /// <summary>The language of its text, as HTML has it (BCP 47).</summary>
    /// <value><c>en</c>, in which the library writes.</value>
    public string Language { get; init; } = "en";

    /// <summary>
    /// One page: styles and plots are in it, no script runs, nothing is loaded. Light or dark as the reader's system is, or as a <c>data-theme</c> attribute
    /// of its
    /// root says; printable.
    /// </summary>
    /// <returns>The text of the page, to be written in UTF-8.</returns>
    /// <exception cref="ArgumentException">The report cannot be written: a row does not fit its columns, two tables or plots have one name.</exception>
    public string ToHtml() => HtmlReport.Write(ReportNames.Of(this), this);

    /// <summary>The report in GitHub's Markdown. Plots are links to the files that <see cref="Save"/> writes beside it; images are left out, what they show
    /// is said.</summary>
    /// <returns>The text.</returns>
    /// <exception cref="ArgumentException">As for <see cref="ToHtml"/>.</exception>
    public string ToMarkdown() => MarkdownReport.Write(ReportNames.Of(this), this);

    /// <summary>The report for machines: every text and every number of its tables, unrounded; of plots and images the captions.</summary>
    /// <returns>A JSON object with <c>title</c>, <c>language</c> and <c>sections</c>.</returns>
    /// <exception cref="ArgumentException">As for <see cref="ToHtml"/>.</exception>
    public string ToJson() => JsonReport.Write(ReportNames.Of(this), this);

    /// <summary>
    /// Writes the report into a folder, all of it or nothing: <c>report.html</c>, <c>report.md</c>, <c>report.json</c>, <c>tables/NAME.csv</c>,
    /// <c>plots/NAME.svg</c>. A report that is already there is replaced.
    /// </summary>
    /// <param name="directory">The folder. It need not exist; folders above it are made.</param>
    /// <param name="results">
    /// What <see cref="ClipBenchmarkCsv.Format"/> gave, to be written beside as <c>results.csv</c>; <see langword="null"/> for nothing.
    /// </param>
    /// <exception cref="ArgumentException">As for <see cref="ToHtml"/>.</exception>
    /// <exception cref="IOException">The folder holds something that is not of a report, or cannot be written.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be written.</exception>
    public void Save(string directory, string? results = null)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(directory);
        ReportFolder.Save(ReportNames.Of(this), this, directory, results);
    }

    private bool PrintMembers(StringBuilder builder) => RecordText.Append(builder, this);
}
