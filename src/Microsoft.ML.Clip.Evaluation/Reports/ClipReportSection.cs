using System.Text;

namespace Microsoft.ML.Clip;

/// <summary>A section of a report. Immutable.</summary>
/// <param name="Heading">What stands above it, and in the table of contents.</param>
public sealed record ClipReportSection(string Heading)
{
    /// <summary>What it consists of, in order.</summary>
    public IReadOnlyList<ClipReportBlock> Blocks { get; init; } = [];

    private bool PrintMembers(StringBuilder builder) => RecordText.Append(builder, this);
}
