using OxyPlot;

namespace Microsoft.ML.Clip;

/// <summary>
/// Plots of results, as the paper has them (Radford et al. 2021). Each is an <c>svg</c> element that stands by itself as a file or within a page: with a
/// title, names as
/// tooltips, colours that follow light and dark and can be told apart in grey, no script, nothing to load. A page may set its colours by variables of CSS
/// (<c>--clip-paper</c>, <c>--clip-ink</c>, <c>--clip-c0</c> ...). Numbers are written the same in every culture. All text may be foreign; it is encoded.
/// Thread-safe.
/// </summary>
public static partial class ClipPlots
{
    /// <summary>Points with names: figure 8, zero-shot beside a probe, with the line y = x and r.</summary>
    /// <param name="title">What stands above; may be empty.</param>
    /// <param name="x">The horizontal axis.</param>
    /// <param name="y">The vertical axis.</param>
    /// <param name="points">The points; at least one.</param>
    /// <param name="options">What it has besides; <see langword="null"/> for nothing.</param>
    /// <returns>An <c>svg</c> element.</returns>
    /// <exception cref="ArgumentException">There is no point, one has no place on an axis, NaN for instance, or there are more than 56 groups; the message names it.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The size is none.</exception>
    public static string Scatter(string title, ClipPlotAxis x, ClipPlotAxis y, IReadOnlyList<ClipPlotPoint> points, ClipScatterOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(title);
        ArgumentNullException.ThrowIfNull(x);
        ArgumentNullException.ThrowIfNull(y);
        ArgumentNullException.ThrowIfNull(points);
        options ??= new();
        PlotInput.CheckSize(options.Width, options.Height);
        if (points.Count == 0)
        {
            throw new ArgumentException($"There is no point for the plot '{title}'.", nameof(points));
        }
        PlotInput.Check(points, x, y, "Point", nameof(points));
        PlotInput.CheckLooks(points.Where(p => !p.IsMuted).Select(p => p.Group).Distinct().Count(), "groups", title, nameof(points));
        for (int i = 0; i < options.Arrows.Count; i++)
        {
            var arrow = options.Arrows[i];
            PlotInput.Check([new(arrow.FromX, arrow.FromY), new(arrow.ToX, arrow.ToY)], x, y, FormattableString.Invariant($"Arrow {i} (counted from 0), end"), nameof(options));
        }
        return ScatterPlot.Draw(title, x, y, points, options);
    }

    /// <summary>
    /// Accuracies on a shifted set against those on the first, on logit axes: figures 13 and 14, with the line of standard models and its band, intervals whose
    /// ends are put in their places each by itself, and arrows.
    /// </summary>
    /// <param name="title">What stands above; may be empty.</param>
    /// <param name="xTitle">What the horizontal axis is, with its unit, percent.</param>
    /// <param name="yTitle">What the vertical axis is.</param>
    /// <param name="points">The accuracies, above 0 and below 1; at least one.</param>
    /// <param name="options">What it has besides; <see langword="null"/> for the line y = x.</param>
    /// <returns>An <c>svg</c> element.</returns>
    /// <exception cref="ArgumentException">There is no point, or one has no logit; the message names it. <see cref="ClipRobustnessLine.Rate"/> makes rates that have.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The size is none.</exception>
    public static string LogitScatter(string title, string xTitle, string yTitle, IReadOnlyList<ClipPlotPoint> points, ClipScatterOptions? options = null) =>
        Scatter(title, Logit(xTitle), Logit(yTitle), points, options ?? new ClipScatterOptions { HasIdentityLine = true });

    /// <summary>
    /// What rows that a model may have seen do to its accuracy: figure 17. Each point is a set; across, the share of its rows that overlap with the training
    /// set, by the
    /// logarithm; upwards, a difference of accuracies with its interval. Groups tell what is significant from what is not.
    /// </summary>
    /// <param name="title">What stands above; may be empty.</param>
    /// <param name="yTitle">What the difference is, with its unit, percent points.</param>
    /// <param name="points">The sets: shares above 0, differences from -1 to 1. Sets without overlap have no place here.</param>
    /// <param name="width">The plot's width, 200 to 4,000.</param>
    /// <returns>An <c>svg</c> element.</returns>
    /// <exception cref="ArgumentException">There is no set, or one has no overlap or is NaN; the message names it.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The width is none.</exception>
    public static string Overlap(string title, string yTitle, IReadOnlyList<ClipPlotPoint> points, int width = 720) =>
        Scatter(title, new("Rows that overlap, %") { Scale = ClipPlotScale.Logarithmic, IsPercent = true }, ClipPlotAxis.Percent(yTitle), points,
            new() { HasZeroLine = true, Width = width });

    private static ClipPlotAxis Logit(string title)
    {
        ArgumentNullException.ThrowIfNull(title);
        return new(title) { Scale = ClipPlotScale.Logit, IsPercent = true };
    }
}
