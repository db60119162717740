using System.Text;

namespace Microsoft.ML.Clip;

/// <summary>Images and what a model took them for; Radford et al. 2021, figure 21.</summary>
/// <param name="Images">The images.</param>
/// <param name="Caption">What they are.</param>
public sealed record ClipReportImages(IReadOnlyList<ClipPlotImage> Images, string Caption) : ClipReportBlock
{
    /// <inheritdoc/>
    protected override bool PrintMembers(StringBuilder builder) => RecordText.Append(builder, this);
}
