using System.Globalization;
using System.Text;
using OxyPlot;
using OxyPlot.Annotations;
using OxyPlot.Axes;

namespace Microsoft.ML.Clip;

/// <summary>A plot on its way to SVG: a title and a legend, below them what OxyPlot lays out and draws, axes and what is on them, and below that
/// notes.</summary>
internal sealed class PlotSheet
{
    public const double TitleSize = 16, TextSize = 13, SmallSize = 12;

    /// <summary>How far the axes are from the right edge.</summary>
    public const double Right = 20;

    private const double Edge = 14, LegendRow = 20, Top = 10, LeastLength = 40;

    private readonly string _title;
    private readonly int _width;
    private readonly double _plotHeight, _left, _bottom;
    private readonly AxisScale _x, _y;
    private readonly PlotModel _model = new()
    {
        PlotAreaBorderColor = PlotTheme.Soft,
        PlotAreaBorderThickness = new OxyThickness(1),
        Padding = new OxyThickness(0),
    };
    private readonly List<(string Name, Action<SvgContext, ScreenPoint> Draw)> _legend = [];

    private PlotSheet(string title, int width, double height, double left, double bottom, AxisScale x, AxisScale y)
    {
        (_title, _width, _plotHeight, _left, _bottom, _x, _y) = (title, width, height, left, bottom, x, y);
        _model.PlotMargins = new OxyThickness(left, Top, Right, bottom);
        _model.Axes.Add(new TickAxis(x, AxisPosition.Bottom, width - left - Right));
        _model.Axes.Add(new TickAxis(y, AxisPosition.Left, height));
    }

    /// <summary>Texts below the axes, each a line or more, written once everything else is drawn.</summary>
    public List<string> Notes { get; } = [];

    /// <summary>Makes a sheet.</summary>
    /// <param name="title">What stands above.</param>
    /// <param name="width">Its width.</param>
    /// <param name="height">The height of its axes; <see langword="null"/> for as high as wide.</param>
    /// <param name="x">Makes the scale of the horizontal axis, of its length.</param>
    /// <param name="y">Makes the scale of the vertical axis, of its length.</param>
    public static PlotSheet Of(string title, int width, double? height, Func<double, AxisScale> x, Func<double, AxisScale> y)
    {
        var vertical = y(height ?? width * 0.8);
        double labels = vertical.Ticks.Select(t => TextWidth.Of(t.Label, AxisTicks.Size)).DefaultIfEmpty(0).Max();
        double left = Edge + labels + 10 + (vertical.Title.Length > 0 ? TextSize * TextWidth.LineHeight : 0);
        double across = width - left - Right;
        if (across < LeastLength)
        {
            throw new ArgumentException(FormattableString.Invariant($"The plot '{title}' is {width} wide, of which {left:0} are for what stands at its left; expected at least {left + Right + LeastLength:0}."));
        }
        double length = height ?? across;
        vertical = height is null ? y(length) : vertical;
        var horizontal = x(across);
        double below = horizontal.Ticks.Count > 0 ? TickAxis.IsTurned(horizontal, across)
            ? horizontal.Ticks.Max(t => TextWidth.Of(t.Label, AxisTicks.Size)) + 6 : AxisTicks.Size * TextWidth.LineHeight : 0;
        double bottom = below + 12 + (horizontal.Title.Length > 0 ? (TextSize * TextWidth.LineHeight) + 4 : 0);
        return new PlotSheet(title, width, length, left, bottom, horizontal, vertical);
    }

    /// <summary>Something that is drawn on the axes.</summary>
    public void Draw(Action<SvgContext, PlotArea> draw, bool isClipped = false, bool isBelow = false) =>
        _model.Annotations.Add(new Drawing(this, draw, isClipped)
        {
            Layer = isBelow ? AnnotationLayer.BelowSeries : AnnotationLayer.AboveSeries,
        });

    /// <summary>An entry of the legend.</summary>
    /// <param name="name">What stands in it.</param>
    /// <param name="draw">Draws the sign before it, around a point.</param>
    public void AddLegend(string name, Action<SvgContext, ScreenPoint> draw) => _legend.Add((name, draw));

    public string ToSvg(string description)
    {
        var svg = new SvgContext();
        var lines = TextWidth.Wrap(Markup.Clean(_title), TitleSize, _width - (2 * Edge), 3, isBold: true);
        double y = Edge;
        foreach (string line in lines.Where(l => l.Length > 0))
        {
            svg.Text(new(Edge, y + (TitleSize * 0.6)), line, PlotTheme.Ink, TitleSize, isBold: true);
            y += TitleSize * TextWidth.LineHeight;
        }
        y = Legend(svg, y + 2);
        var model = (IPlotModel)_model;
        model.Update(true);
        model.Render(svg, new OxyRect(0, y, _width, Top + _plotHeight + _bottom));
        if (_model.GetLastPlotException() is { } exception)
        {
            throw exception is ArgumentException ? exception : new InvalidOperationException($"The plot '{_title}' cannot be drawn: {exception.Message}", exception);
        }
        y += Top + _plotHeight + _bottom;
        foreach (string line in Notes.SelectMany(n => TextWidth.Wrap(Markup.Clean(n), SmallSize, _width - (2 * Edge), 100)))
        {
            svg.Text(new(Edge, y + (SmallSize * 0.6)), line, PlotTheme.Soft, SmallSize);
            y += SmallSize * TextWidth.LineHeight;
        }
        return Wrap(svg.ToString(), _title, description, _width, y + 8);
    }

    /// <summary>The svg element around what was drawn.</summary>
    public static string Wrap(string drawn, string title, string description, double width, double height)
    {
        var svg = new StringBuilder();
        string encoded = Markup.Encode(string.IsNullOrWhiteSpace(title) ? description : title);
        svg.Append(CultureInfo.InvariantCulture, $"<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"clip-plot\" role=\"img\" aria-label=\"{encoded}\" viewBox=\"0 0 {width:0.##} {height:0.##}\" width=\"{width:0.##}\" height=\"{height:0.##}\">\n");
        svg.Append(CultureInfo.InvariantCulture, $"<title>{encoded}</title>\n<desc>{Markup.Encode(description)}</desc>\n<style>{PlotTheme.Styles}</style>\n");
        svg.Append(CultureInfo.InvariantCulture, $"<rect width=\"{width:0.##}\" height=\"{height:0.##}\" fill=\"{PlotTheme.Hex(PlotTheme.Paper)}\" class=\"f-paper\"/>\n");
        return svg.Append(drawn).Append("</svg>").ToString();
    }

    private double Legend(SvgContext svg, double y)
    {
        if (_legend.Count == 0)
        {
            return y;
        }
        const double Sign = 34;
        double x = Edge, most = _width - (2 * Edge) - Sign;
        y += LegendRow / 2;
        foreach (var (name, draw) in _legend)
        {
            string text = TextWidth.Shorten(Markup.Clean(name), TextSize, most);
            double length = Sign + TextWidth.Of(text, TextSize) + 16;
            if (x > Edge && x + length - 16 > _width - Edge)
            {
                (x, y) = (Edge, y + LegendRow);
            }
            if (text != name)
            {
                svg.SetToolTip(name);
            }
            draw(svg, new(x + (Sign / 2) - 3, y));
            svg.Text(new(x + Sign, y), text, PlotTheme.Ink, TextSize);
            svg.SetToolTip(null);
            x += length;
        }
        return y + (LegendRow / 2) + 2;
    }

    private sealed class Drawing(PlotSheet sheet, Action<SvgContext, PlotArea> draw, bool isClipped) : Annotation
    {
        public override OxyRect GetClippingRect() => isClipped ? base.GetClippingRect() : OxyRect.Everything;

        public override void Render(IRenderContext rc)
        {
            draw((SvgContext)rc, new PlotArea(PlotModel.PlotArea, sheet._x, sheet._y, (x, y) => Transform(new DataPoint(x, y))));
            ((SvgContext)rc).SetToolTip(null);
        }
    }
}
