namespace Microsoft.ML.Clip;

public static partial class ClipPlots
{
    /// <summary>
    /// Bars from left to right: figure 5, differences with their sign as colour; figure 7, images needed, with mean and median as lines.
    /// </summary>
    /// <param name="title">What stands above; may be empty.</param>
    /// <param name="axis">The axis along which bars go, even or by the logarithm.</param>
    /// <param name="bars">The bars; at least one.</param>
    /// <param name="options">How they are drawn; <see langword="null"/> for the highest on top.</param>
    /// <returns>An <c>svg</c> element.</returns>
    /// <exception cref="ArgumentException">There is no bar, one has no place on the axis, NaN for instance, or the axis' scale is for other plots; the
    /// message names it.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The width or the number of digits is none.</exception>
    public static string Bars(string title, ClipPlotAxis axis, IReadOnlyList<ClipPlotBar> bars, ClipBarOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(title);
        ArgumentNullException.ThrowIfNull(axis);
        ArgumentNullException.ThrowIfNull(bars);
        options ??= new();
        PlotInput.CheckSize(options.Width);
        PlotInput.CheckDecimals(options.Decimals);
        if (bars.Count == 0)
        {
            throw new ArgumentException($"There is no bar for the plot '{title}'.", nameof(bars));
        }
        if (axis.Scale is not (ClipPlotScale.Linear or ClipPlotScale.Logarithmic))
        {
            throw new ArgumentException($"The axis '{axis.Title}' has the scale {axis.Scale}; bars go along one that is {ClipPlotScale.Linear} or {ClipPlotScale.Logarithmic}.", nameof(axis));
        }
        for (int i = 0; i < bars.Count; i++)
        {
            string name = $"Bar {i} (counted from 0), '{bars[i].Name}',";
            AxisScale.Check(axis, bars[i].Value, name, nameof(bars));
            PlotInput.Check(bars[i].Interval, name, nameof(bars));
        }
        foreach (var (name, value) in options.Marks)
        {
            AxisScale.Check(axis, value, $"The line '{name}'", nameof(options));
        }
        return BarPlot.Draw(title, axis, options.IsSorted ? [.. bars.OrderByDescending(b => b.Value)] : bars, options);
    }
}
