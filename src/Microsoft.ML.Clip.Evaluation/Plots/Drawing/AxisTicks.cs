using System.Globalization;

namespace Microsoft.ML.Clip;

/// <summary>What is written along an axis: round values, as many as have room.</summary>
internal static class AxisTicks
{
    /// <summary>The size of the labels, in pixels.</summary>
    public const double Size = 13;

    // The least distance between two labels, and the share below which a range is too narrow for the round shares.
    private const double Gap = 8, Narrow = 0.3;

    private const int Most = 40;

    // Of shares, the first to have a place where not all have one: round ones in the middle and towards the ends.
    private static readonly double[] Shares =
    [
        0.5, 0.9, 0.1, 0.99, 0.01, 0.7, 0.3, 0.8, 0.2, 0.6, 0.4, 0.95, 0.05, 0.999, 0.001, 0.98, 0.02, 0.995, 0.005, 0.75, 0.25, 0.85, 0.15, 0.998, 0.002,
        0.9999, 0.0001, 0.65, 0.35, 0.55, 0.45,
    ];

    // What is tried in a decade, from the finest.
    private static readonly double[][] InDecade = [[1, 2, 5], [1, 3], [1]];

    /// <param name="axis">The axis.</param>
    /// <param name="scale">Its scale, without ticks so far.</param>
    /// <param name="highest">The highest value on it.</param>
    /// <param name="wholeSet">The position of the whole set, if it is on it.</param>
    /// <param name="length">How long it is, in pixels.</param>
    /// <param name="isHorizontal">Whether labels stand side by side.</param>
    public static IReadOnlyList<(double Position, string Label)> Of(ClipPlotAxis axis, AxisScale scale, double highest, double? wholeSet, double length,
        bool isHorizontal)
    {
        double pixels = length / (scale.Maximum - scale.Minimum);
        double from = scale.Value(scale.Minimum), to = scale.Value(scale.Maximum);
        // There is no share above 1, though the axis may go on.
        to = axis.IsPercent && highest <= 1 ? Math.Min(to, 1) : to;
        var ticks = axis.Scale switch
        {
            ClipPlotScale.Shots => Shots(axis, scale, wholeSet, HasRoom),
            ClipPlotScale.Logit when to - from >= Narrow => Some(axis, scale, Shares, HasRoom),
            ClipPlotScale.Logarithmic => Decades(axis, scale, Fit) ?? Even(axis, scale, from, to, length, isHorizontal, Fit),
            _ => Even(axis, scale, from, to, length, isHorizontal, Fit),
        };
        return [.. ticks.OrderBy(t => t.Position)];

        bool HasRoom((double Position, string Label) one, (double Position, string Label) other) => Math.Abs(one.Position - other.Position) * pixels
            >= Gap + (isHorizontal ? (TextWidth.Of(one.Label, Size) + TextWidth.Of(other.Label, Size)) / 2 : Size);

        bool Fit(List<(double Position, string Label)> all) => all.Zip(all.Skip(1)).All(p => HasRoom(p.First, p.Second));
    }

    private static List<(double Position, string Label)> Some(ClipPlotAxis axis, AxisScale scale, IEnumerable<double> values,
        Func<(double Position, string Label), (double Position, string Label), bool> hasRoom)
    {
        var ticks = new List<(double Position, string Label)>();
        foreach (double value in values)
        {
            (double Position, string Label) tick = (scale.Position(value), Label(axis, value, decimals: 0, isFixed: false));
            if (IsOn(scale, tick.Position) && ticks.TrueForAll(t => hasRoom(t, tick)))
            {
                ticks.Add(tick);
            }
        }
        return ticks;
    }

    private static List<(double Position, string Label)> Shots(ClipPlotAxis axis, AxisScale scale, double? wholeSet,
        Func<(double Position, string Label), (double Position, string Label), bool> hasRoom)
    {
        // Behind the last number there is none.
        double[] values = [.. new[] { 0.0 }.Concat(Enumerable.Range(0, 31).Select(i => Math.Pow(2, i)))
            .Where(v => wholeSet is not { } all || scale.Position(v) <= all - AxisScale.WholeSetGap + 1e-9)];
        var ticks = Some(axis, scale, values, hasRoom);
        if (wholeSet is { } position)
        {
            ticks.Add((position, "all"));
        }
        return ticks;
    }

    // Null where there are not three.
    private static List<(double Position, string Label)>? Decades(ClipPlotAxis axis, AxisScale scale, Func<List<(double Position, string Label)>, bool> fit)
    {
        int from = (int)Math.Floor(scale.Minimum), to = (int)Math.Ceiling(scale.Maximum);
        for (int every = 1; every <= to - from; every++)
        {
            foreach (double[] factors in every == 1 ? InDecade : InDecade[^1..])
            {
                List<(double Position, string Label)> ticks = [.. Enumerable.Range(from, to - from + 1).Where(power => power % every == 0)
                    .SelectMany(power => factors.Select(f => f * Math.Pow(10, power)))
                        .Select(v => (Position: scale.Position(v), Label(axis, v, 0, isFixed: false)))
                    .Where(t => IsOn(scale, t.Position))];
                if (ticks.Count < 3 && every == 1)
                {
                    return null;
                }
                if (fit(ticks))
                {
                    return ticks;
                }
            }
        }
        return null;
    }

    // 1, 2, 2.5 or 5 and zeros apart.
    private static List<(double Position, string Label)> Even(ClipPlotAxis axis, AxisScale scale, double from, double to, double length, bool isHorizontal,
        Func<List<(double Position, string Label)>, bool> fit)
    {
        List<(double Position, string Label)> ticks = [];
        for (int count = Math.Clamp((int)(length / (isHorizontal ? 75 : 45)), 3, Most); count > 0; count--)
        {
            double rough = (to - from) / count, power = Math.Pow(10, Math.Floor(Math.Log10(rough)));
            double step = power * (rough / power) switch { <= 1.2 => 1, <= 2.2 => 2, <= 3 => 2.5, <= 7 => 5, _ => 10 };
            int decimals = Decimals(axis.IsPercent ? 100 * step : step);
            ticks.Clear();
            double first = Math.Ceiling((from / step) - 1e-9);
            // Counted, as steps of numbers that are near each other and far from 0 may be none.
            for (int i = 0; i <= Most && (first + i) * step <= to + (step * 1e-9); i++)
            {
                double value = (first + i) * step, position = scale.Position(value);
                if (ticks.Count == 0 || position > ticks[^1].Position)
                {
                    ticks.Add((position, Label(axis, value, decimals, isFixed: true)));
                }
            }
            if (fit(ticks))
            {
                return ticks;
            }
        }
        return ticks.Count > 0 ? ticks[..1] : ticks;
    }

    private static bool IsOn(AxisScale scale, double position)
    {
        double slack = (scale.Maximum - scale.Minimum) * 1e-9;
        return position >= scale.Minimum - slack && position <= scale.Maximum + slack;
    }

    // As many as steps of this size need.
    private static int Decimals(double step)
    {
        int decimals = 0;
        while (decimals < 12 && Math.Abs((step * Math.Pow(10, decimals)) - Math.Round(step * Math.Pow(10, decimals))) > 1e-6)
        {
            decimals++;
        }
        return decimals;
    }

    private static string Label(ClipPlotAxis axis, double value, int decimals, bool isFixed)
    {
        double shown = Math.Round(axis.IsPercent ? value * 100 : value, 12) + 0.0;
        return PlotInput.Minus(Math.Abs(shown) is >= 1e9 or (> 0 and < 1e-6) ? shown.ToString("0.##e0", CultureInfo.InvariantCulture)
            : shown.ToString("#,0." + (isFixed ? new string('0', decimals) : new string('#', 12)), CultureInfo.InvariantCulture));
    }
}
