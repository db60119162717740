using OxyPlot;

namespace Microsoft.ML.Clip;

/// <summary>Points, lines and what belongs to them, drawn.</summary>
internal static class PlotMarks
{
    public const double Radius = 4.5, MutedRadius = 2.5;

    private const double Cap = 3;

    // A triangle with its head down, beside those shapes that OxyPlot has.
    private static readonly ScreenPoint[] HeadDown = [new(-1, -0.7), new(1, -0.7), new(0, 1)];

    public static void Marker(this SvgContext svg, ScreenPoint at, MarkerType shape, OxyColor colour, double radius = Radius)
    {
        bool isLine = shape is MarkerType.Plus or MarkerType.Cross;
        double size = radius * (shape switch { MarkerType.Square => 0.85, MarkerType.Triangle or MarkerType.Custom => 1.15, _ => 1 });
        svg.DrawMarker(at, shape, shape == MarkerType.Custom ? HeadDown : null, size, isLine ? OxyColors.Undefined : colour,
            isLine ? colour : PlotTheme.Paper, isLine ? 2 : 1, EdgeRenderingMode.Automatic);
    }

    /// <summary>A star of five points.</summary>
    public static void Star(this SvgContext svg, ScreenPoint at, OxyColor colour, double radius = 9)
    {
        ScreenPoint[] points = [.. Enumerable.Range(0, 10).Select(i =>
        {
            double angle = (i * Math.PI / 5) - (Math.PI / 2), r = i % 2 == 0 ? radius : radius * 0.42;
            return new ScreenPoint(at.X + (r * Math.Cos(angle)), at.Y + (r * Math.Sin(angle)));
        })];
        svg.DrawPolygon(points, colour, PlotTheme.Paper, 1, EdgeRenderingMode.Automatic, null, LineJoin.Miter);
    }

    public static void Line(this SvgContext svg, IReadOnlyList<ScreenPoint> points, OxyColor colour, double thickness = 1, LineStyle style = LineStyle.Solid) =>
        svg.DrawLine([.. points], colour, thickness, EdgeRenderingMode.Automatic, style.GetDashArray(), LineJoin.Bevel);

    /// <summary>An interval around a point; its ends are put in their places each by itself.</summary>
    public static void Interval(this SvgContext svg, PlotArea area, ClipPlotPoint point, OxyColor colour)
    {
        if (point.YInterval is { } y)
        {
            ScreenPoint low = area.Within(point.X, y.Lower), high = area.Within(point.X, y.Upper);
            svg.DrawLineSegments([low, high, new(low.X - Cap, low.Y), new(low.X + Cap, low.Y), new(high.X - Cap, high.Y), new(high.X + Cap, high.Y)], colour,
                1.2, EdgeRenderingMode.Automatic, null, LineJoin.Miter);
        }
        if (point.XInterval is { } x)
        {
            ScreenPoint low = area.Within(x.Lower, point.Y), high = area.Within(x.Upper, point.Y);
            svg.DrawLineSegments([low, high, new(low.X, low.Y - Cap), new(low.X, low.Y + Cap), new(high.X, high.Y - Cap), new(high.X, high.Y + Cap)], colour,
                1.2, EdgeRenderingMode.Automatic, null, LineJoin.Miter);
        }
    }

    public static void Arrow(this SvgContext svg, ScreenPoint from, ScreenPoint to, OxyColor colour)
    {
        double length = from.DistanceTo(to);
        if (length < 1)
        {
            return;
        }
        double dx = (to.X - from.X) / length, dy = (to.Y - from.Y) / length, head = Math.Min(9, length * 0.6);
        // From edge to edge of the points that it joins.
        double gap = Math.Min(Radius + 1, (length - head) / 2);
        ScreenPoint start = new(from.X + (dx * gap), from.Y + (dy * gap)), end = new(to.X - (dx * gap), to.Y - (dy * gap)),
            neck = new(end.X - (dx * head), end.Y - (dy * head));
        svg.Line([start, neck], colour, 1.6);
        svg.DrawPolygon([end, new(neck.X - (dy * 4), neck.Y + (dx * 4)), new(neck.X + (dy * 4), neck.Y - (dx * 4))], colour, OxyColors.Undefined, 0,
            EdgeRenderingMode.Automatic, null, LineJoin.Miter);
    }

    /// <summary>A name, with the line that leads to it.</summary>
    public static void Name(this SvgContext svg, string text, OxyRect box, (ScreenPoint From, ScreenPoint To)? leader)
    {
        if (leader is { } line)
        {
            svg.Line([line.From, line.To], PlotTheme.Soft, 0.8);
        }
        svg.Text(new(box.Left + (box.Width / 2), box.Top + (box.Height / 2)), text, PlotTheme.Ink, PlotSheet.SmallSize, halign: HorizontalAlignment.Center,
            hasHalo: true);
    }
}
