using System.Text;

namespace Microsoft.ML.Clip;

/// <summary>A line of a plot. Immutable.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Points">Its points, in the order in which they are joined. A single one is drawn as a star: zero-shot in Radford et al. 2021, figure 6.</param>
public sealed record ClipPlotLine(string Name, IReadOnlyList<ClipPlotPoint> Points)
{
    /// <summary>Whether it stands behind the others, thin and grey.</summary>
    public bool IsMuted { get; init; }

    /// <summary>The place among the points, from 0, from which on it is dotted: what is not like the rest (figure 10, images of higher resolution); <see
    /// langword="null"/> for none.</summary>
    public int? DottedFrom { get; init; }

    /// <summary>Whether vertical intervals are drawn as one band, and not as a bar at each point.</summary>
    public bool HasBand { get; init; }

    private bool PrintMembers(StringBuilder builder) => RecordText.Append(builder, this);
}
