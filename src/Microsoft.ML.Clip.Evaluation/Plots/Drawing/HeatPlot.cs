using System.Globalization;
using OxyPlot;

namespace Microsoft.ML.Clip;

/// <summary>Draws numbers of rows and columns as colours.</summary>
internal static class HeatPlot
{
    private const double Row = 24, SmallRow = 16, MostOfName = 0.3, LongestColumn = 160, DarkFrom = 0.75;

    private const int ManyRows = 40;

    public static string Draw(string title, IReadOnlyList<string> rows, IReadOnlyList<string> columns, IReadOnlyList<IReadOnlyList<double?>> values,
        ClipHeatMapOptions options)
    {
        ClipPlotAxis x = new(options.ColumnTitle) { Scale = ClipPlotScale.Names, Names = [.. columns.Select(c => Short(c, LongestColumn))] };
        ClipPlotAxis y = new(options.RowTitle) { Scale = ClipPlotScale.Names, Names = [.. rows.Select(r => Short(r, options.Width * MostOfName)).Reverse()] };
        double row = rows.Count > ManyRows ? SmallRow : Row;
        var sheet = PlotSheet.Of(title, options.Width, rows.Count * row, length => AxisScale.Of(x, [], [], length, isHorizontal: true),
            length => AxisScale.Of(y, [], [], length, isHorizontal: false));
        double most = values.SelectMany(v => v).Max(v => v is { } value ? Math.Abs(value) : 0);
        sheet.Draw((svg, area) =>
        {
            double width = area.Box.Width / columns.Count;
            for (int r = 0; r < rows.Count; r++)
            {
                for (int c = 0; c < columns.Count; c++)
                {
                    var at = area.Place(c, rows.Count - 1 - r);
                    var box = new OxyRect(at.X - (width / 2), at.Y - (row / 2), width, row);
                    svg.SetToolTip($"{rows[r]}, {columns[c]}: {(values[r][c] is { } shown ? Text(shown, options) : "none")}");
                    Cell(svg, box, values[r][c], most, options);
                    svg.SetToolTip(null);
                }
            }
        });
        return sheet.ToSvg(FormattableString.Invariant($"Heat map; rows: {rows.Count} ({options.RowTitle}), columns: {columns.Count} ({options.ColumnTitle})."));
    }

    private static string Short(string name, double most) => TextWidth.Shorten(Markup.Clean(name).Replace('\n', ' '), AxisTicks.Size, most);

    private static void Cell(SvgContext svg, OxyRect box, double? value, double most, ClipHeatMapOptions options)
    {
        double part = value is { } number && most > 0 ? Math.Abs(number) / most : 0;
        var colour = PlotTheme.Series(value < 0 ? 1 : 0);
        // Over the grid's lines, of which nothing is to be seen in a cell.
        svg.DrawRectangle(box, PlotTheme.Paper, PlotTheme.Grid, 1, EdgeRenderingMode.Automatic);
        if (part > 0)
        {
            svg.DrawRectangle(new(box.Left + 0.5, box.Top + 0.5, box.Width - 1, box.Height - 1),
                OxyColor.FromAColor((byte)Math.Max(6, Math.Round(255 * part)), colour), OxyColors.Undefined, 0, EdgeRenderingMode.Automatic);
        }
        if (value is { } shown && Text(shown, options) is var text && TextWidth.Of(text, PlotSheet.SmallSize) < box.Width - 2
            && PlotSheet.SmallSize < box.Height - 2)
        {
            svg.Text(box.Center, text, shown == 0 ? PlotTheme.Soft : part > DarkFrom ? PlotTheme.Paper : PlotTheme.Ink, PlotSheet.SmallSize,
                halign: HorizontalAlignment.Center);
        }
    }

    private static string Text(double value, ClipHeatMapOptions options) => PlotInput.Minus((options.IsPercent ? 100 * value : value)
        .ToString("N" + options.Decimals.ToString(CultureInfo.InvariantCulture), CultureInfo.InvariantCulture));
}
