using System.Text;

namespace Microsoft.ML.Clip;

/// <summary>What a scatter plot has besides its points. Immutable.</summary>
public sealed record ClipScatterOptions
{
    /// <summary>Whether there is a dashed line y = x.</summary>
    public bool HasIdentityLine { get; init; }

    /// <summary>Whether Pearson's r of the points stands in a corner.</summary>
    public bool HasCorrelation { get; init; }

    /// <summary>Whether both axes go from the same value to the same, and are of one length.</summary>
    public bool HasEqualAxes { get; init; }

    /// <summary>Whether there is a line at y = 0.</summary>
    public bool HasZeroLine { get; init; }

    /// <summary>A line through accuracies, drawn with its band of 95%; both axes are shares then. <see langword="null"/> for none.</summary>
    public ClipRobustnessLine? Line { get; init; }

    /// <summary>Arrows.</summary>
    public IReadOnlyList<ClipPlotArrow> Arrows { get; init; } = [];

    /// <summary>The plot's width, without what stands below and above, in pixels of a screen of 96 an inch; 200 to 4,000.</summary>
    public int Width { get; init; } = 720;

    /// <summary>The height of its axes; 100 to 4,000. Of no account with <see cref="HasEqualAxes"/>.</summary>
    public int Height { get; init; } = 460;

    private bool PrintMembers(StringBuilder builder) => RecordText.Append(builder, this);
}
