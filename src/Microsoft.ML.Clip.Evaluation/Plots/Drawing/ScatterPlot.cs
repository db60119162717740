using System.Globalization;
using OxyPlot;

namespace Microsoft.ML.Clip;

/// <summary>Draws points with names.</summary>
internal static class ScatterPlot
{
    // Of the band: a line through these reads as a curve.
    private const int BandPlaces = 80;

    private const double CornerWidth = 110, CornerHeight = 24;

    public static string Draw(string title, ClipPlotAxis x, ClipPlotAxis y, IReadOnlyList<ClipPlotPoint> points, ClipScatterOptions options)
    {
        double[] xs = [.. points.Select(p => p.X), .. options.Arrows.SelectMany(a => new[] { a.FromX, a.ToX })];
        double[] ys = [.. points.Select(p => p.Y), .. options.Arrows.SelectMany(a => new[] { a.FromY, a.ToY })];
        double[] xEnds = [.. PlotInput.Ends(points.Select(p => p.XInterval))], yEnds = [.. PlotInput.Ends(points.Select(p => p.YInterval))];
        if (options.HasEqualAxes)
        {
            // Each axis has to have a place for the other's values, or they are not equal.
            Array.ForEach(ys, v => AxisScale.Check(x, v, "With equal axes a point", nameof(points)));
            Array.ForEach(xs, v => AxisScale.Check(y, v, "With equal axes a point", nameof(points)));
            (xs, xEnds) = ([.. xs, .. ys], [.. xEnds, .. yEnds]);
            (ys, yEnds) = (xs, xEnds);
            (x, y) = (x with { Minimum = x.Minimum ?? y.Minimum, Maximum = x.Maximum ?? y.Maximum },
                y with { Minimum = x.Minimum ?? y.Minimum, Maximum = x.Maximum ?? y.Maximum });
        }
        var sheet = PlotSheet.Of(title, options.Width, options.HasEqualAxes ? null : options.Height,
            length => AxisScale.Of(x, xs, xEnds, length, isHorizontal: true),
            length => AxisScale.Of(y, ys, yEnds, length, isHorizontal: false, hasZero: options.HasZeroLine));
        string?[] groups = [.. points.Where(p => !p.IsMuted).Select(p => p.Group).Distinct()];
        Legend(sheet, points, groups, options);
        sheet.Draw((svg, area) => Lines(svg, area, options), isClipped: true, isBelow: true);
        sheet.Draw((svg, area) => sheet.Notes.AddRange(Points(svg, area, x, y, points, groups, options)));
        return sheet.ToSvg(FormattableString.Invariant($"Points: {points.Count:N0}; across: {x.Title}; upwards: {y.Title}."));
    }

    private static void Legend(PlotSheet sheet, IReadOnlyList<ClipPlotPoint> points, string?[] groups, ClipScatterOptions options)
    {
        foreach (string muted in points.Where(p => p.IsMuted && !string.IsNullOrEmpty(p.Group)).Select(p => p.Group!).Distinct())
        {
            sheet.AddLegend(muted, (svg, at) => svg.Marker(at, MarkerType.Circle, PlotTheme.Mute, PlotMarks.MutedRadius + 1));
        }
        for (int i = 0; i < groups.Length; i++)
        {
            int group = i;
            if (!string.IsNullOrEmpty(groups[i]))
            {
                sheet.AddLegend(groups[i]!, (svg, at) => svg.Marker(at, PlotTheme.Shape(group), PlotTheme.Series(group)));
            }
        }
        if (options.Line is { } line)
        {
            sheet.AddLegend(FormattableString.Invariant($"line of {line.Count} standard models, 95% band"), (svg, at) =>
            {
                svg.DrawRectangle(new(at.X - 13, at.Y - 5, 26, 10), OxyColor.FromAColor(50, PlotTheme.Ink), OxyColors.Undefined, 0,
                    EdgeRenderingMode.Automatic);
                svg.Line([new(at.X - 13, at.Y), new(at.X + 13, at.Y)], PlotTheme.Ink, 1.5);
            });
        }
        if (options.HasIdentityLine)
        {
            sheet.AddLegend("y = x", (svg, at) => svg.Line([new(at.X - 13, at.Y), new(at.X + 13, at.Y)], PlotTheme.Soft, 1.2, LineStyle.Dash));
        }
    }

    private static void Lines(SvgContext svg, PlotArea area, ClipScatterOptions options)
    {
        if (options.HasZeroLine)
        {
            double zero = area.At(area.X.Value(area.X.Minimum), 0).Y;
            svg.Line([new(area.Box.Left, zero), new(area.Box.Right, zero)], PlotTheme.Soft, 1.2);
        }
        if (options.HasIdentityLine)
        {
            svg.Line(Identity(area), PlotTheme.Soft, 1.2, LineStyle.Dash);
        }
        if (options.Line is { } line)
        {
            var (places, middle) = Along(area, line);
            var band = line.Band(places);
            ScreenPoint[] edge = [.. places.Select((p, i) => area.At(p, band[i].Lower)), .. places.Select((p, i) => area.At(p, band[i].Upper)).Reverse()];
            svg.DrawPolygon(edge, OxyColor.FromAColor(50, PlotTheme.Ink), OxyColors.Undefined, 0, EdgeRenderingMode.Automatic, null, LineJoin.Miter);
            svg.Line(middle, PlotTheme.Ink, 1.5);
        }
    }

    private static ScreenPoint[] Identity(PlotArea area) => [.. Enumerable.Range(0, BandPlaces)
        .Select(i => area.X.Value(area.X.Minimum + ((area.X.Maximum - area.X.Minimum) * i / (BandPlaces - 1)))).Select(v => area.At(v, v))];

    private static (double[] Places, ScreenPoint[] Line) Along(PlotArea area, ClipRobustnessLine line)
    {
        double[] places = [.. Enumerable.Range(0, BandPlaces)
            .Select(i => area.X.Value(area.X.Minimum + ((area.X.Maximum - area.X.Minimum) * i / (BandPlaces - 1)))).Where(v => v is > 0 and < 1)];
        return (places, [.. places.Select(p => area.At(p, line.Expect(p)))]);
    }

    private static IEnumerable<string> Points(SvgContext svg, PlotArea area, ClipPlotAxis x, ClipPlotAxis y, IReadOnlyList<ClipPlotPoint> points,
        string?[] groups, ClipScatterOptions options)
    {
        var placer = new LabelPlacer(area.Box);
        var names = new PointNames(placer);
        Obstacles(placer, area, options);
        var groupOf = groups.Select((name, i) => (name, i)).ToDictionary(g => g.name ?? "", g => g.i);
        foreach (var arrow in options.Arrows)
        {
            ScreenPoint from = area.Within(arrow.FromX, arrow.FromY), to = area.Within(arrow.ToX, arrow.ToY);
            svg.SetToolTip(arrow.Label);
            svg.Arrow(from, to, PlotTheme.Soft);
            svg.SetToolTip(null);
            placer.AddLine(from, to);
            if (!string.IsNullOrEmpty(arrow.Label))
            {
                names.Add(arrow.Label, new((from.X + to.X) / 2, (from.Y + to.Y) / 2), 1);
            }
        }
        int outside = 0;
        // Muted ones lie below, whatever their order.
        foreach (var point in points.OrderBy(p => p.IsMuted ? 0 : 1))
        {
            var at = area.At(point.X, point.Y);
            if (!area.Has(at))
            {
                outside++;
                continue;
            }
            int group = point.IsMuted ? 0 : groupOf[point.Group ?? ""];
            double radius = point.IsMuted ? PlotMarks.MutedRadius : PlotMarks.Radius;
            var colour = point.IsMuted ? PlotTheme.Mute : PlotTheme.Series(group);
            svg.SetToolTip(PlotInput.Tip(x, y, point));
            svg.Interval(area, point, colour);
            svg.Marker(at, point.IsMuted ? MarkerType.Circle : PlotTheme.Shape(group), colour, radius);
            svg.SetToolTip(null);
            placer.AddPoint(at, radius, point.IsMuted);
            if (point.YInterval is { } interval)
            {
                placer.AddLine(area.Within(point.X, interval.Lower), area.Within(point.X, interval.Upper));
            }
            if (point.XInterval is { } across)
            {
                placer.AddLine(area.Within(across.Lower, point.Y), area.Within(across.Upper, point.Y));
            }
            if (point.IsLabelled && !string.IsNullOrEmpty(point.Label))
            {
                names.Add(point.Label, at, radius);
            }
        }
        if (options.HasCorrelation)
        {
            Correlation(svg, placer, area, points);
        }
        return [.. names.Draw(svg), .. PlotInput.Outside(outside)];
    }

    private static void Obstacles(LabelPlacer placer, PlotArea area, ClipScatterOptions options)
    {
        double zero = options.HasZeroLine ? area.At(area.X.Value(area.X.Minimum), 0).Y : 0;
        ScreenPoint[][] lines =
        [
            options.HasIdentityLine ? Identity(area) : [], options.Line is { } line ? Along(area, line).Line : [],
            options.HasZeroLine ? [new(area.Box.Left, zero), new(area.Box.Right, zero)] : [],
        ];
        foreach (var points in lines)
        {
            foreach (var (from, to) in points.Zip(points.Skip(1)))
            {
                placer.AddLine(from, to);
            }
        }
    }

    // In the corner where the fewest points are.
    private static void Correlation(SvgContext svg, LabelPlacer placer, PlotArea area, IReadOnlyList<ClipPlotPoint> points)
    {
        double[] xs = [.. points.Select(p => area.X.Position(p.X))], ys = [.. points.Select(p => area.Y.Position(p.Y))];
        double r = xs.Distinct().Count() > 1 ? LeastSquares.Fit(xs, ys).Correlation : double.NaN;
        string text = double.IsFinite(r) ? "r = " + PlotInput.Minus(r.ToString("0.00", CultureInfo.InvariantCulture)) : "r: no variation";
        OxyRect[] corners =
        [
            new(area.Box.Left + 6, area.Box.Top + 6, CornerWidth, CornerHeight),
            new(area.Box.Right - CornerWidth - 6, area.Box.Bottom - CornerHeight - 6, CornerWidth, CornerHeight),
            new(area.Box.Right - CornerWidth - 6, area.Box.Top + 6, CornerWidth, CornerHeight),
            new(area.Box.Left + 6, area.Box.Bottom - CornerHeight - 6, CornerWidth, CornerHeight),
        ];
        ScreenPoint[] at = [.. points.Select(p => area.At(p.X, p.Y))];
        var box = corners.MinBy(c => at.Count(p => c.Inflate(8, 8).Contains(p)));
        placer.AddText(box);
        svg.Text(box.Center, text, PlotTheme.Ink, PlotSheet.TextSize, isBold: true, halign: HorizontalAlignment.Center, hasHalo: true);
    }
}
