using System.Globalization;
using OxyPlot;

namespace Microsoft.ML.Clip;

/// <summary>Draws bars from left to right.</summary>
internal static class BarPlot
{
    private const double Row = 22, Thickness = 14, Air = 6, MostOfName = 0.4, MostOfText = 0.15;

    public static string Draw(string title, ClipPlotAxis axis, IReadOnlyList<ClipPlotBar> bars, ClipBarOptions options)
    {
        string[] names = [.. bars.Select(b => TextWidth.Shorten(Markup.Clean(b.Name).Replace('\n', ' '), AxisTicks.Size, options.Width * MostOfName))];
        string[] texts = [.. bars.Select(b =>
            TextWidth.Shorten(Markup.Clean(b.Text ?? Value(axis, b.Value, options)).Replace('\n', ' '), PlotSheet.SmallSize, options.Width * MostOfText))];
        var ends = PlotInput.Ends(bars.Select(b => b.Interval));
        // From the bottom up, as an axis counts.
        var vertical = new ClipPlotAxis("") { Scale = ClipPlotScale.Names, Names = [.. names.Reverse()] };
        double[] values = [.. bars.Select(b => b.Value), .. options.Marks.Select(m => m.Value)];
        var sheet = PlotSheet.Of(title, options.Width, bars.Count * Row,
            length => AxisScale.Of(WithRoom(axis, bars, texts, options, length), values, ends, length, isHorizontal: true,
            hasZero: axis.Scale == ClipPlotScale.Linear),
            length => AxisScale.Of(vertical, [], [], length, isHorizontal: false));
        for (int i = 0; i < options.Marks.Count; i++)
        {
            var (colour, style, mark) = (PlotTheme.Ink, Style(i), options.Marks[i]);
            sheet.AddLegend($"{mark.Key} {Value(axis, mark.Value, options)}", (svg, at) => svg.Line([new(at.X - 13, at.Y), new(at.X + 13, at.Y)], colour, 1.5, style));
        }
        sheet.Draw((svg, area) =>
        {
            for (int i = 0; i < bars.Count; i++)
            {
                Bar(svg, area, axis, bars[i], bars.Count - 1 - i, texts[i]);
            }
            double[] lines = [.. options.Marks.Select(m => Place(area, m.Value, 0).X)];
            for (int i = 0; i < lines.Length; i++)
            {
                svg.Line([new(lines[i], area.Box.Top), new(lines[i], area.Box.Bottom)], PlotTheme.Ink, 1.5, Style(i));
            }
            // Above the lines, so that these do not strike them through.
            for (int i = 0; i < bars.Count; i++)
            {
                Text(svg, area, axis, bars[i], bars.Count - 1 - i, texts[i], lines);
            }
        });
        return sheet.ToSvg(FormattableString.Invariant($"Bars: {bars.Count:N0}; {axis.Title}."));
    }

    private static LineStyle Style(int i) => i % 2 == 0 ? LineStyle.Dash : LineStyle.Dot;

    private static string Value(ClipPlotAxis axis, double value, ClipBarOptions options)
    {
        double shown = axis.IsPercent ? 100 * value : value;
        string text = shown.ToString("F" + options.Decimals.ToString(CultureInfo.InvariantCulture), CultureInfo.InvariantCulture);
        return options.HasSigns && value > 0 && text.AsSpan().IndexOfAnyInRange('1', '9') >= 0 ? "+" + text : PlotInput.Minus(text);
    }

    // The axis goes on behind the longest bars, as far as what is written there needs.
    private static ClipPlotAxis WithRoom(ClipPlotAxis axis, IReadOnlyList<ClipPlotBar> bars, string[] texts, ClipBarOptions options, double length)
    {
        bool isLog = axis.Scale == ClipPlotScale.Logarithmic;
        double Even(double v) => isLog ? Math.Log10(v) : v;
        double[] all =
        [
            .. bars.Select(b => b.Value), .. options.Marks.Select(m => m.Value), .. PlotInput.Ends(bars.Select(b => b.Interval)).Where(e => !isLog || e > 0),
            .. isLog ? Array.Empty<double>() : [0.0],
        ];
        double low = Even(all.Min()), high = Even(all.Max()), range = Math.Max(high - low, 1e-9);
        // A bar by the logarithm has to be seen, even the shortest.
        low = isLog ? low - (0.06 * range) : low;
        double left = 0, right = 0;
        for (int i = 0; i < 3; i++)
        {
            // What is written at a bar's end reaches this far, at the scale that the last round has left.
            double pixel = (range + left + right) / length;
            for (int b = 0; b < bars.Count; b++)
            {
                double needed = (TextWidth.Of(texts[b], PlotSheet.SmallSize) + (3 * Air)) * pixel;
                bool isLeft = !isLog && bars[b].Value < 0;
                double end = Even(isLeft ? Math.Min(bars[b].Value, bars[b].Interval?.Lower ?? bars[b].Value)
                    : Math.Max(bars[b].Value, bars[b].Interval?.Upper ?? bars[b].Value));
                (left, right) = isLeft ? (Math.Max(left, low - (end - needed)), right) : (left, Math.Max(right, end + needed - high));
            }
        }
        return axis with { Minimum = axis.Minimum ?? Back(low - left), Maximum = axis.Maximum ?? Back(high + right) };

        double Back(double v) => isLog ? Math.Pow(10, v) : v;
    }

    private static void Bar(SvgContext svg, PlotArea area, ClipPlotAxis axis, ClipPlotBar bar, int place, string text)
    {
        var end = Place(area, bar.Value, place);
        double start = axis.Scale == ClipPlotScale.Linear ? Place(area, 0, place).X : area.Box.Left;
        var colour = PlotTheme.Series(axis.Scale == ClipPlotScale.Linear && bar.Value < 0 ? 1 : 0);
        svg.SetToolTip($"{bar.Name}: {bar.Text ?? text}{(bar.Interval is { } i ? $" ({PlotInput.Value(axis, i.Lower)} to {PlotInput.Value(axis, i.Upper)})" : "")}");
        svg.DrawRectangle(new(Math.Min(start, end.X), end.Y - (Thickness / 2), Math.Abs(end.X - start), Thickness), colour, OxyColors.Undefined, 0,
            EdgeRenderingMode.Automatic);
        if (bar.Interval is { } interval)
        {
            double low = Place(area, interval.Lower, place).X, high = Place(area, interval.Upper, place).X;
            svg.DrawLineSegments([new(low, end.Y), new(high, end.Y), new(low, end.Y - 4), new(low, end.Y + 4), new(high, end.Y - 4), new(high, end.Y + 4)],
                PlotTheme.Ink, 1.2, EdgeRenderingMode.Automatic, null, LineJoin.Miter);
        }
        svg.SetToolTip(null);
        if (axis.Scale == ClipPlotScale.Linear)
        {
            svg.Line([new(start, end.Y - (Row / 2)), new(start, end.Y + (Row / 2))], PlotTheme.Soft, 1.2);
        }
    }

    // A bar that is longer than the axis ends with it; its value stands there.
    private static ScreenPoint Place(PlotArea area, double value, int place)
    {
        var at = area.Place(area.X.Position(value), place);
        return new(Math.Clamp(at.X, area.Box.Left, area.Box.Right), at.Y);
    }

    // Behind the bar's end, and behind the lines that would strike it through.
    private static void Text(SvgContext svg, PlotArea area, ClipPlotAxis axis, ClipPlotBar bar, int place, string text, double[] lines)
    {
        bool isLeft = axis.Scale == ClipPlotScale.Linear && bar.Value < 0;
        double value = isLeft ? Math.Min(bar.Value, bar.Interval?.Lower ?? bar.Value) : Math.Max(bar.Value, bar.Interval?.Upper ?? bar.Value);
        var end = Place(area, value, place);
        double way = isLeft ? -1 : 1, width = TextWidth.Of(text, PlotSheet.SmallSize);
        double x = isLeft ? Math.Max(end.X - Air, area.Box.Left + width + Air) : Math.Min(end.X + Air, area.Box.Right - width - Air);
        foreach (double line in lines.OrderBy(l => way * l))
        {
            x = (line - x) * way is var ahead && ahead > -Air / 2 && ahead < width + (Air / 2) ? line + (way * Air) : x;
        }
        svg.Text(new(x, end.Y), text, PlotTheme.Ink, PlotSheet.SmallSize, halign: isLeft ? HorizontalAlignment.Right : HorizontalAlignment.Left, hasHalo: true);
    }
}
