using System.Globalization;
using System.Text;
using OxyPlot;

namespace Microsoft.ML.Clip;

/// <summary>
/// Writes what OxyPlot draws as SVG that belongs into a page: colours are variables of CSS, nothing has an id that two plots could share, and what has a
/// tooltip is
/// a group with a title.
/// </summary>
internal sealed class SvgContext : ClippingRenderContext
{
    /// <summary>Keeps OxyPlot from reading <c>_{</c> and <c>^{</c> in names as subscript and superscript; not drawn.</summary>
    public const char NoMath = '\uE000';

    private readonly StringBuilder _svg = new();
    private bool _isInGroup;

    public override string ToString() => _svg.ToString();

    public static string Plain(string text) => Markup.Clean(text).Replace(NoMath, '\uFFFD').Replace("_{", $"_{NoMath}{{", StringComparison.Ordinal)
        .Replace("^{", $"^{NoMath}{{", StringComparison.Ordinal);

    public override void DrawEllipse(OxyRect extents, OxyColor fill, OxyColor stroke, double thickness, EdgeRenderingMode edgeRenderingMode)
    {
        var centre = extents.Center;
        _svg.Append(CultureInfo.InvariantCulture, $"<ellipse cx=\"{N(centre.X)}\" cy=\"{N(centre.Y)}\" rx=\"{N(extents.Width / 2)}\" ry=\"{N(extents.Height / 2)}\"");
        Paint(fill, stroke, thickness, null);
    }

    public override void DrawRectangle(OxyRect rectangle, OxyColor fill, OxyColor stroke, double thickness, EdgeRenderingMode edgeRenderingMode)
    {
        _svg.Append(CultureInfo.InvariantCulture, $"<rect x=\"{N(rectangle.Left)}\" y=\"{N(rectangle.Top)}\" width=\"{N(rectangle.Width)}\" height=\"{N(rectangle.Height)}\"");
        Paint(fill, stroke, thickness, null);
    }

    public override void DrawLine(IList<ScreenPoint> points, OxyColor stroke, double thickness, EdgeRenderingMode edgeRenderingMode, double[]? dashArray,
        LineJoin lineJoin)
    {
        if (points.Count > 1)
        {
            Path(points, "");
            Paint(OxyColors.Undefined, stroke, thickness, dashArray);
        }
    }

    public override void DrawLineSegments(IList<ScreenPoint> points, OxyColor stroke, double thickness, EdgeRenderingMode edgeRenderingMode,
        double[]? dashArray, LineJoin lineJoin)
    {
        if (points.Count > 1)
        {
            _svg.Append("<path d=\"");
            for (int i = 0; i + 1 < points.Count; i += 2)
            {
                _svg.Append(CultureInfo.InvariantCulture, $"M{N(points[i].X)} {N(points[i].Y)}L{N(points[i + 1].X)} {N(points[i + 1].Y)}");
            }
            _svg.Append('"');
            Paint(OxyColors.Undefined, stroke, thickness, dashArray);
        }
    }

    public override void DrawPolygon(IList<ScreenPoint> points, OxyColor fill, OxyColor stroke, double thickness, EdgeRenderingMode edgeRenderingMode,
        double[]? dashArray, LineJoin lineJoin)
    {
        if (points.Count > 1)
        {
            Path(points, "Z");
            Paint(fill, stroke, thickness, dashArray);
        }
    }

    public override void DrawText(ScreenPoint p, string text, OxyColor fill, string? fontFamily, double fontSize, double fontWeight, double rotate,
        HorizontalAlignment halign, VerticalAlignment valign, OxySize? maxSize) =>
        Text(p, text, fill, fontSize, fontWeight > FontWeights.Normal, rotate, halign, valign);

    /// <summary>Draws a text; with a halo it has an edge of the paper's colour, to stand on lines and points.</summary>
    public void Text(ScreenPoint p, string? text, OxyColor fill, double size, bool isBold = false, double rotate = 0,
        HorizontalAlignment halign = HorizontalAlignment.Left,
        VerticalAlignment valign = VerticalAlignment.Middle, bool hasHalo = false)
    {
        if (string.IsNullOrEmpty(text))
        {
            return;
        }
        // From the place that is meant to the line on which letters stand, before it is turned.
        double down = size * (valign switch { VerticalAlignment.Top => 0.95, VerticalAlignment.Middle => 0.35, _ => -0.25 });
        double angle = rotate * Math.PI / 180, x = p.X - (down * Math.Sin(angle)), y = p.Y + (down * Math.Cos(angle));
        _svg.Append(CultureInfo.InvariantCulture, $"<text x=\"{N(x)}\" y=\"{N(y)}\" font-size=\"{N(size)}\"");
        _svg.Append(halign switch { HorizontalAlignment.Left => "", HorizontalAlignment.Center => " text-anchor=\"middle\"", _ => " text-anchor=\"end\"" });
        _svg.Append(isBold ? " font-weight=\"600\"" : "");
        if (rotate != 0)
        {
            _svg.Append(CultureInfo.InvariantCulture, $" transform=\"rotate({N(rotate)} {N(x)} {N(y)})\"");
        }
        _svg.Append(CultureInfo.InvariantCulture, $" fill=\"{PlotTheme.Hex(fill)}\" class=\"f-{PlotTheme.NameOf(fill)}{(hasHalo ? " s-paper" : "")}\"");
        _svg.Append(hasHalo ? $" stroke=\"{PlotTheme.Hex(PlotTheme.Paper)}\" stroke-width=\"3\" stroke-linejoin=\"round\" paint-order=\"stroke\"" : "");
        _svg.Append('>').Append(Markup.Encode(text.Replace(NoMath.ToString(), "", StringComparison.Ordinal))).Append("</text>\n");
    }

    public override OxySize MeasureText(string? text, string? fontFamily, double fontSize, double fontWeight) => string.IsNullOrEmpty(text) ? OxySize.Empty
        : new(TextWidth.Of(text.Replace(NoMath.ToString(), "", StringComparison.Ordinal), fontSize, fontWeight > FontWeights.Normal),
        fontSize * TextWidth.LineHeight);

    /// <summary>What is drawn from now on shows this text to who points at it; <see langword="null"/> for nothing.</summary>
    public override void SetToolTip(string? text)
    {
        _svg.Append(_isInGroup ? "</g>\n" : "");
        _isInGroup = text is not null;
        if (text is not null)
        {
            _svg.Append(CultureInfo.InvariantCulture, $"<g><title>{Markup.Encode(text)}</title>");
        }
    }

    // A group may not reach over the edge of a clipping.
    protected override void SetClip(OxyRect clippingRectangle)
    {
        SetToolTip(null);
        var r = clippingRectangle;
        string box = FormattableString.Invariant($"{N(r.Width)}\" height=\"{N(r.Height)}");
        _svg.Append(CultureInfo.InvariantCulture, $"<svg x=\"{N(r.Left)}\" y=\"{N(r.Top)}\" width=\"{box}\" viewBox=\"{N(r.Left)} {N(r.Top)} {N(r.Width)} {N(r.Height)}\">\n");
    }

    protected override void ResetClip()
    {
        SetToolTip(null);
        _svg.Append("</svg>\n");
    }

    private static string N(double value) => double.IsFinite(value) ? (Math.Round(value, 2) + 0.0).ToString("0.##", CultureInfo.InvariantCulture)
        : throw new InvalidOperationException("A plot would have a coordinate that is no number.");

    private void Path(IList<ScreenPoint> points, string end)
    {
        _svg.Append("<path d=\"");
        for (int i = 0; i < points.Count; i++)
        {
            _svg.Append(i == 0 ? 'M' : 'L').Append(N(points[i].X)).Append(' ').Append(N(points[i].Y));
        }
        _svg.Append(end).Append('"');
    }

    private void Paint(OxyColor fill, OxyColor stroke, double thickness, double[]? dashes)
    {
        bool hasFill = fill.IsVisible(), hasStroke = stroke.IsVisible() && thickness > 0;
        _svg.Append(hasFill ? $" fill=\"{PlotTheme.Hex(fill)}\"" : " fill=\"none\"");
        if (hasFill && fill.A < byte.MaxValue)
        {
            _svg.Append(CultureInfo.InvariantCulture, $" fill-opacity=\"{N(fill.A / 255.0)}\"");
        }
        if (hasStroke)
        {
            _svg.Append(CultureInfo.InvariantCulture, $" stroke=\"{PlotTheme.Hex(stroke)}\" stroke-width=\"{N(thickness)}\"");
            _svg.Append(stroke.A < byte.MaxValue ? $" stroke-opacity=\"{N(stroke.A / 255.0)}\"" : "");
            _svg.Append(dashes is null ? "" : $" stroke-dasharray=\"{string.Join(' ', dashes.Select(d => N(d * thickness)))}\"");
        }
        string classes = string.Join(' ',
            new[] { hasFill ? "f-" + PlotTheme.NameOf(fill) : "", hasStroke ? "s-" + PlotTheme.NameOf(stroke) : "" }.Where(c => c.Length > 0));
        _svg.Append(classes.Length > 0 ? $" class=\"{classes}\"/>\n" : "/>\n");
    }
}
