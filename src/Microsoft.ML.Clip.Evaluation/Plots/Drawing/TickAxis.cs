using OxyPlot;
using OxyPlot.Axes;

namespace Microsoft.ML.Clip;

/// <summary>OxyPlot's axis with our scale: it is even in positions, and has its ticks where the scale says. OxyPlot itself has no logit axis.</summary>
internal sealed class TickAxis : LinearAxis
{
    // Two names that touch read as one.
    private const double Gap = 8;

    private readonly AxisScale _scale;
    private readonly Dictionary<double, string> _labels;

    public TickAxis(AxisScale scale, AxisPosition position, double length)
    {
        _scale = scale;
        _labels = scale.Ticks.ToDictionary(t => t.Position, t => SvgContext.Plain(t.Label));
        string title = TextWidth.Shorten(Markup.Clean(scale.Title).Replace('\n', ' '), PlotSheet.TextSize, length);
        (Position, Minimum, Maximum, Title) = (position, scale.Minimum, scale.Maximum, SvgContext.Plain(title));
        ToolTip = title == scale.Title ? null : scale.Title;
        (FontSize, TitleFontSize, AxisTitleDistance) = (AxisTicks.Size, PlotSheet.TextSize, 6);
        (TextColor, TitleColor, TicklineColor, AxislineColor) = (PlotTheme.Soft, PlotTheme.Ink, PlotTheme.Soft, PlotTheme.Soft);
        (MajorGridlineStyle, MajorGridlineColor, MajorGridlineThickness) = (LineStyle.Solid, PlotTheme.Grid, 1);
        (MajorTickSize, MinorTickSize, Layer) = (4, 0, AxisLayer.BelowSeries);
    }

    /// <summary>Whether the labels of a horizontal axis are too long to stand side by side.</summary>
    public static bool IsTurned(AxisScale scale, double length) => (scale.Ticks.Count > 0 && ReachesOut(scale, length))
        || scale.Ticks.Zip(scale.Ticks.Skip(1)).Any(p =>
            ((TextWidth.Of(p.First.Label, AxisTicks.Size) + TextWidth.Of(p.Second.Label, AxisTicks.Size)) / 2) + Gap
                > (p.Second.Position - p.First.Position) / (scale.Maximum - scale.Minimum) * length);

    // Over the edge of the plot, which is nearer at the right.
    private static bool ReachesOut(AxisScale scale, double length) => TextWidth.Of(scale.Ticks[^1].Label, AxisTicks.Size) / 2
        > ((scale.Maximum - scale.Ticks[^1].Position) / (scale.Maximum - scale.Minimum) * length) + PlotSheet.Right;

    public override void GetTickValues(out IList<double> majorLabelValues, out IList<double> majorTickValues, out IList<double> minorTickValues)
    {
        majorTickValues = [.. _scale.Ticks.Select(t => t.Position)];
        (majorLabelValues, minorTickValues) = (majorTickValues, []);
        Angle = Position == AxisPosition.Bottom && IsTurned(_scale, Math.Abs(ScreenMax.X - ScreenMin.X)) ? -90 : 0;
    }

    protected override string FormatValueOverride(double x) => _labels.GetValueOrDefault(x, "");
}
