using OxyPlot;

namespace Microsoft.ML.Clip;

/// <summary>Draws lines over one axis.</summary>
internal static class LinePlot
{
    private const byte BandOpacity = 45;

    private const double StarRadius = 9;

    // Of many points each is too close to the next to be marked; they still show what they are.
    private const int MostMarked = 60;

    public static string Draw(string title, ClipPlotAxis x, ClipPlotAxis y, IReadOnlyList<ClipPlotLine> lines, int width, int height)
    {
        ClipPlotPoint[] all = [.. lines.SelectMany(l => l.Points)];
        double[] xEnds = [.. PlotInput.Ends(all.Select(p => p.XInterval))], yEnds = [.. PlotInput.Ends(all.Select(p => p.YInterval))];
        var sheet = PlotSheet.Of(title, width, height, length => AxisScale.Of(x, [.. all.Select(p => p.X)], xEnds, length, isHorizontal: true),
            length => AxisScale.Of(y, [.. all.Select(p => p.Y)], yEnds, length, isHorizontal: false));
        ClipPlotLine[] named = [.. lines.Where(l => !l.IsMuted)];
        for (int i = 0; i < named.Length; i++)
        {
            int series = i;
            sheet.AddLegend(named[i].Name, (svg, at) => Sign(svg, at, series, named[series]));
        }
        string[] muted = [.. lines.Where(l => l.IsMuted).Select(l => l.Name).Distinct()];
        if (muted.Length > 0)
        {
            // They look alike: only one of them can have its name here.
            string name = muted.Length == 1 ? muted[0] : named.Length == 0 ? $"each of {muted.Length}" : $"{muted.Length} others";
            sheet.AddLegend(name, (svg, at) => svg.Line([new(at.X - 13, at.Y), new(at.X + 13, at.Y)], PlotTheme.Mute, 1.2));
        }
        sheet.Draw((svg, area) =>
        {
            foreach (var line in lines.Where(l => l.HasBand))
            {
                Band(svg, area, line, line.IsMuted ? PlotTheme.Mute : PlotTheme.Series(Array.IndexOf(named, line)));
            }
            foreach (var line in lines.Where(l => l.IsMuted))
            {
                svg.SetToolTip(line.Name);
                Path(svg, area, line, PlotTheme.Mute, 1.2, LineStyle.Solid);
                svg.SetToolTip(null);
            }
            for (int i = 0; i < named.Length; i++)
            {
                svg.SetToolTip(named[i].Name);
                Path(svg, area, named[i], PlotTheme.Series(i), 2, PlotTheme.Dash(i));
                svg.SetToolTip(null);
            }
        }, isClipped: true, isBelow: true);
        sheet.Draw((svg, area) => sheet.Notes.AddRange(Points(svg, area, x, y, lines, named)));
        return sheet.ToSvg(FormattableString.Invariant($"Lines: {lines.Count:N0} ({string.Join(", ", named.Take(20).Select(l => l.Name))}); across: {x.Title}; upwards: {y.Title}."));
    }

    private static void Sign(SvgContext svg, ScreenPoint at, int series, ClipPlotLine line)
    {
        var colour = PlotTheme.Series(series);
        if (line.Points.Count == 1)
        {
            svg.Star(at, colour, 8);
            return;
        }
        svg.Line([new(at.X - 14, at.Y), new(at.X + 14, at.Y)], colour, 2, PlotTheme.Dash(series));
        if (line.Points.Count <= MostMarked)
        {
            svg.Marker(at, PlotTheme.Shape(series), colour);
        }
    }

    private static void Band(SvgContext svg, PlotArea area, ClipPlotLine line, OxyColor colour)
    {
        ClipPlotPoint[] points = [.. line.Points.Where(p => p.YInterval is not null)];
        if (points.Length > 1)
        {
            ScreenPoint[] edge = [.. points.Select(p => area.At(p.X, p.YInterval!.Value.Lower)),
                .. points.Select(p => area.At(p.X, p.YInterval!.Value.Upper)).Reverse()];
            svg.DrawPolygon(edge, OxyColor.FromAColor(BandOpacity, colour), OxyColors.Undefined, 0, EdgeRenderingMode.Automatic, null, LineJoin.Miter);
        }
    }

    private static void Path(SvgContext svg, PlotArea area, ClipPlotLine line, OxyColor colour, double thickness, LineStyle style)
    {
        ScreenPoint[] points = [.. line.Points.Select(p => area.At(p.X, p.Y))];
        // What leads to the first dotted point is dotted.
        int solid = line.DottedFrom is { } from ? from : points.Length;
        svg.Line(points[..solid], colour, thickness, style);
        svg.Line(points[Math.Max(0, Math.Min(solid, points.Length) - 1)..], colour, thickness, LineStyle.Dot);
    }

    private static IEnumerable<string> Points(SvgContext svg, PlotArea area, ClipPlotAxis x, ClipPlotAxis y, IReadOnlyList<ClipPlotLine> lines,
        ClipPlotLine[] named)
    {
        var placer = new LabelPlacer(area.Box);
        var names = new PointNames(placer);
        int outside = 0;
        foreach (var line in lines.OrderBy(l => l.IsMuted ? 0 : 1))
        {
            int series = Array.IndexOf(named, line);
            var colour = line.IsMuted ? PlotTheme.Mute : PlotTheme.Series(series);
            for (int i = 0; i < line.Points.Count; i++)
            {
                var point = line.Points[i];
                var at = area.At(point.X, point.Y);
                if (!area.Has(at))
                {
                    outside++;
                    continue;
                }
                svg.SetToolTip(PlotInput.Tip(x, y, point, line.Name));
                if (!line.HasBand)
                {
                    svg.Interval(area, point, colour);
                }
                Mark(svg, at, line, series, colour);
                svg.SetToolTip(null);
                placer.AddPoint(at, line.IsMuted ? PlotMarks.MutedRadius : PlotMarks.Radius, line.IsMuted);
                if (i > 0)
                {
                    placer.AddLine(area.Within(line.Points[i - 1].X, line.Points[i - 1].Y), at);
                }
                if (point.YInterval is { } interval && !line.HasBand)
                {
                    placer.AddLine(area.Within(point.X, interval.Lower), area.Within(point.X, interval.Upper));
                }
                if (point.IsLabelled && !string.IsNullOrEmpty(point.Label))
                {
                    names.Add(point.Label, at, line.Points.Count == 1 ? StarRadius : PlotMarks.Radius);
                }
            }
        }
        return [.. names.Draw(svg), .. PlotInput.Outside(outside)];
    }

    private static void Mark(SvgContext svg, ScreenPoint at, ClipPlotLine line, int series, OxyColor colour)
    {
        if (line.Points.Count == 1)
        {
            svg.Star(at, colour, line.IsMuted ? 6 : StarRadius);
        }
        else if (line.IsMuted)
        {
            svg.Marker(at, MarkerType.Circle, colour, 1.5);
        }
        else if (line.Points.Count <= MostMarked)
        {
            svg.Marker(at, PlotTheme.Shape(series), colour);
        }
    }
}
