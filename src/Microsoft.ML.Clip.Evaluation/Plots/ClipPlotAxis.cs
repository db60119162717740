using System.Text;

namespace Microsoft.ML.Clip;

/// <summary>An axis of a plot. Immutable.</summary>
/// <param name="Title">What stands beside it, with the unit; may be empty.</param>
public sealed record ClipPlotAxis(string Title)
{
    /// <summary>Where the whole set stands on an axis of <see cref="ClipPlotScale.Shots"/>.</summary>
    public const double WholeSet = double.PositiveInfinity;

    /// <summary>How it is divided.</summary>
    public ClipPlotScale Scale { get; init; }

    /// <summary>Whether values are shares from 0 to 1, as all the library's rates are, and shown times 100. Name the unit in the title.</summary>
    public bool IsPercent { get; init; }

    /// <summary>Where it begins; <see langword="null"/> to begin below the least value. Points below it are not drawn, and counted below the plot.</summary>
    public double? Minimum { get; init; }

    /// <summary>Where it ends; <see langword="null"/> to end above the highest value. Points above it are not drawn, and counted.</summary>
    public double? Maximum { get; init; }

    /// <summary>What stands at its places, from 0, where the scale is <see cref="ClipPlotScale.Names"/>.</summary>
    public IReadOnlyList<string> Names { get; init; } = [];

    /// <summary>An axis of shares, shown in percent.</summary>
    /// <param name="title">What stands beside it, with the unit.</param>
    public static ClipPlotAxis Percent(string title) => new(title) { IsPercent = true };

    private bool PrintMembers(StringBuilder builder) => RecordText.Append(builder, this);
}
