namespace Microsoft.ML.Clip;

public static partial class ClipPlots
{
    /// <summary>
    /// Lines over one axis: figure 6 over <see cref="ClipPlotScale.Shots"/>, with zero-shot as a star at 0; figures 9 and 10 over the logarithm of compute or parameters;
    /// figure 16 over <see cref="ClipPlotScale.Names"/>.
    /// </summary>
    /// <param name="title">What stands above; may be empty.</param>
    /// <param name="x">The horizontal axis.</param>
    /// <param name="y">The vertical axis.</param>
    /// <param name="lines">The lines; at least one. Names of their points, where they have any, are written beside them.</param>
    /// <param name="width">The plot's width, without what stands below and above, in pixels of a screen of 96 an inch; 200 to 4,000.</param>
    /// <param name="height">The height of its axes; 100 to 4,000.</param>
    /// <returns>An <c>svg</c> element.</returns>
    /// <exception cref="ArgumentException">There is no line, one has no point, a point has no place on an axis, NaN for instance, or more than 56 are not
    /// muted; the message names it.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The size is none, or a line is to be dotted from where it has no point.</exception>
    public static string Lines(string title, ClipPlotAxis x, ClipPlotAxis y, IReadOnlyList<ClipPlotLine> lines, int width = 720, int height = 420)
    {
        ArgumentNullException.ThrowIfNull(title);
        ArgumentNullException.ThrowIfNull(x);
        ArgumentNullException.ThrowIfNull(y);
        ArgumentNullException.ThrowIfNull(lines);
        PlotInput.CheckSize(width, height);
        if (lines.Count == 0)
        {
            throw new ArgumentException($"There is no line for the plot '{title}'.", nameof(lines));
        }
        PlotInput.CheckLooks(lines.Count(l => !l.IsMuted), "lines", title, nameof(lines));
        foreach (var line in lines)
        {
            if (line.Points.Count == 0)
            {
                throw new ArgumentException($"The line '{line.Name}' of the plot '{title}' has no point.", nameof(lines));
            }
            if (line.DottedFrom is { } from && (from < 0 || from >= line.Points.Count))
            {
                throw new ArgumentOutOfRangeException(nameof(lines), from, FormattableString.Invariant($"The line '{line.Name}' is to be dotted from point {from}; it has {line.Points.Count}."));
            }
            PlotInput.Check(line.Points, x, y, $"Line '{line.Name}', point", nameof(lines));
        }
        return LinePlot.Draw(title, x, y, lines, width, height);
    }
}
