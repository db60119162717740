using System.Globalization;

namespace Microsoft.ML.Clip;

/// <summary>What is written along an axis: round values, as many as have room.</summary>
internal static class AxisTicks
{
    /// <summary>The size of the labels, and the least distance between two, in pixels.</summary>
    public const double Size = 13, Gap = 8;

    // Of shares, the first to have a place where not all have one: round ones in the middle and towards the ends.
    private static readonly double[] Shares =
    [
        0.5, 0.9, 0.1, 0.99, 0.01, 0.7, 0.3, 0.8, 0.2, 0.6, 0.4, 0.95, 0.05, 0.999, 0.001, 0.98, 0.02, 0.995, 0.005, 0.75, 0.25, 0.85, 0.15, 0.998, 0.002,
        0.9999, 0.0001, 0.65, 0.35, 0.55, 0.45,
    ];

    public static IReadOnlyList<(double Position, string Label)> Of(ClipPlotAxis axis, AxisScale scale, double highest, double? wholeSet, double length,
        bool isHorizontal)
    {
        var candidates = axis.Scale switch
        {
            ClipPlotScale.Logarithmic => Decades(scale),
            ClipPlotScale.Logit => scale.Value(scale.Maximum) - scale.Value(scale.Minimum) < 0.3
                ? Even(scale.Value(scale.Minimum), scale.Value(scale.Maximum), Count(length, isHorizontal)) : Shares,
            ClipPlotScale.Shots => [0, .. Enumerable.Range(0, 31).Select(i => Math.Pow(2, i))],
            _ => Even(scale.Minimum, scale.Maximum, Count(length, isHorizontal)),
        };
        double[] values = [.. candidates];
        var ticks = new List<(double Position, string Label)>();
        // There is no share above 1, though the axis may go on.
        bool isShare = axis.IsPercent && highest <= 1;
        double slack = (scale.Maximum - scale.Minimum) * 1e-9;
        var all = values.Where(v => !isShare || v <= 1 + slack).Select(v => (Position: scale.Position(v), Label: Label(axis, v, values)));
        foreach (var tick in wholeSet is { } last ? all.Prepend((Position: last, Label: "all")) : all)
        {
            double pixels = length / (scale.Maximum - scale.Minimum);
            bool hasRoom = ticks.TrueForAll(t => Math.Abs(t.Position - tick.Position) * pixels >= Apart(t.Label, tick.Label, isHorizontal));
            if (tick.Position >= scale.Minimum - slack && tick.Position <= scale.Maximum + slack && hasRoom
                && (wholeSet is not { } end || tick.Position <= end))
            {
                ticks.Add(tick);
            }
        }
        return [.. ticks.OrderBy(t => t.Position)];
    }

    /// <summary>A value as it is written along an axis.</summary>
    public static string Label(ClipPlotAxis axis, double value, IReadOnlyList<double>? others = null)
    {
        double shown = axis.IsPercent ? value * 100 : value;
        int decimals = 0;
        if (others is not null && axis.Scale is ClipPlotScale.Linear or ClipPlotScale.Logit && others!.Count > 1 && !ReferenceEquals(others, Shares))
        {
            double step = others.Zip(others.Skip(1), (a, b) => Math.Abs(b - a)).Where(d => d > 0).DefaultIfEmpty(1).Min() * (axis.IsPercent ? 100 : 1);
            decimals = Math.Clamp((int)Math.Ceiling(-Math.Log10(step) - 1e-9), 0, 12);
            decimals = step * Math.Pow(10, decimals) is var steps && Math.Abs(steps - Math.Round(steps)) > 1e-6 ? decimals + 1 : decimals;
        }
        string digits = axis.Scale is ClipPlotScale.Linear && decimals > 0 ? new string('0', decimals) : new string('#', 12);
        double rounded = Math.Round(shown, 12) + 0.0;
        return Math.Abs(rounded) is >= 1e9 or (> 0 and < 1e-9) ? rounded.ToString("0.##e0", CultureInfo.InvariantCulture)
            : rounded.ToString(Math.Abs(rounded) >= 10000 ? "#,0." + digits : "0." + digits, CultureInfo.InvariantCulture);
    }

    private static int Count(double length, bool isHorizontal) => Math.Max(2, (int)(length / (isHorizontal ? 75 : 45)));

    private static double Apart(string one, string other, bool isHorizontal) =>
        Gap + (isHorizontal ? (TextWidth.Of(one, Size) + TextWidth.Of(other, Size)) / 2 : Size);

    // 1, 2, 2.5 or 5 and zeros apart.
    private static List<double> Even(double from, double to, int count)
    {
        double rough = (to - from) / count, power = Math.Pow(10, Math.Floor(Math.Log10(rough)));
        double step = power * (rough / power) switch { <= 1 => 1, <= 2 => 2, <= 2.5 => 2.5, <= 5 => 5, _ => 10 };
        var values = new List<double>();
        for (double i = Math.Ceiling((from / step) - 1e-9); i * step <= to + (step * 1e-9); i++)
        {
            values.Add(i * step);
        }
        return values;
    }

    // Powers of ten first, then what lies between if there is room.
    private static IEnumerable<double> Decades(AxisScale scale)
    {
        int from = (int)Math.Floor(scale.Minimum), to = (int)Math.Ceiling(scale.Maximum);
        int[] powers = [.. Enumerable.Range(from, to - from + 1)];
        foreach (double factor in new[] { 1.0, 3, 2, 5 })
        {
            foreach (int power in powers)
            {
                // Three stands for itself only where a decade is all there is between.
                if (factor != 3 || to - from > 3)
                {
                    yield return factor * Math.Pow(10, power);
                }
            }
        }
    }
}
