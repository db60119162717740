using OxyPlot;

namespace Microsoft.ML.Clip;

/// <summary>Draws accuracy over confidence.</summary>
internal static class ReliabilityPlot
{
    private const int Bins = ClipClassificationMeter.CalibrationBins;

    private const byte BarOpacity = 70, ShareOpacity = 130;

    public static string Draw(string title, IReadOnlyList<ClipCalibrationBin> bins, int width)
    {
        long rows = bins.Sum(b => b.Count);
        double error = bins.Sum(b => b.Count / (double)rows * Math.Abs(b.Accuracy - b.Confidence));
        ClipPlotAxis x = ClipPlotAxis.Percent("Confidence, %") with { Minimum = 0, Maximum = 1 }, y = ClipPlotAxis.Percent("Accuracy, %") with { Minimum = 0, Maximum = 1 };
        var sheet = PlotSheet.Of(title, width, null, length => AxisScale.Of(x, [0, 1], [], length, isHorizontal: true),
            length => AxisScale.Of(y, [0, 1], [], length, isHorizontal: false));
        sheet.AddLegend("accuracy, 99.5% interval", (svg, at) => svg.Marker(at, MarkerType.Circle, PlotTheme.Series(0)));
        sheet.AddLegend("share of rows",
            (svg, at) => svg.DrawRectangle(new(at.X - 8, at.Y - 5, 16, 10), OxyColor.FromAColor(ShareOpacity, PlotTheme.Mute), OxyColors.Undefined, 0,
            EdgeRenderingMode.Automatic));
        sheet.AddLegend(FormattableString.Invariant($"calibrated; ECE = {100 * error:0.0}%"),
            (svg, at) => svg.Line([new(at.X - 13, at.Y), new(at.X + 13, at.Y)], PlotTheme.Soft, 1.2, LineStyle.Dash));
        sheet.Draw((svg, area) =>
        {
            foreach (var bin in bins)
            {
                // A bin has the rows above its lower end and up to its upper one; it may be that no bin of the meter's, but the mean is still in the right one.
                double from = Math.Max(0, Math.Ceiling(bin.Confidence * Bins - 1e-9) - 1) / Bins, to = from + (1.0 / Bins);
                svg.SetToolTip(FormattableString.Invariant($"Confidence {100 * bin.Confidence:0.0}%: accuracy {100 * bin.Accuracy:0.0}%, {bin.Count:N0} rows"));
                Bar(svg, area, from, to, bin.Accuracy, OxyColor.FromAColor(BarOpacity, PlotTheme.Series(0)), 0);
                Bar(svg, area, from, to, bin.Count / (double)rows, OxyColor.FromAColor(ShareOpacity, PlotTheme.Mute), 0.3);
                svg.SetToolTip(null);
            }
            svg.Line([area.At(0, 0), area.At(1, 1)], PlotTheme.Soft, 1.2, LineStyle.Dash);
        }, isClipped: true);
        sheet.Draw((svg, area) =>
        {
            foreach (var bin in bins)
            {
                long hits = (long)Math.Round(bin.Accuracy * bin.Count);
                svg.Interval(area, new(bin.Confidence, bin.Accuracy) { YInterval = ClipInterval.ClopperPearson(hits, bin.Count) }, PlotTheme.Series(0));
                svg.Marker(area.At(bin.Confidence, bin.Accuracy), MarkerType.Circle, PlotTheme.Series(0));
            }
        });
        return sheet.ToSvg(FormattableString.Invariant($"Accuracy over confidence; rows: {rows:N0}, bins: {bins.Count}, expected calibration error {100 * error:0.0}%."));
    }

    private static void Bar(SvgContext svg, PlotArea area, double from, double to, double height, OxyColor colour, double narrower)
    {
        double inset = (to - from) * narrower;
        ScreenPoint low = area.At(from + inset, 0), high = area.At(to - inset, height);
        svg.DrawRectangle(new(low.X + 0.5, high.Y, high.X - low.X - 1, low.Y - high.Y), colour, OxyColors.Undefined, 0, EdgeRenderingMode.Automatic);
    }
}
