using System.Globalization;

namespace Microsoft.ML.Clip;

/// <summary>Where values stand on an axis of some length, and what is written along it. Positions are what the scale makes even.</summary>
internal sealed class AxisScale
{
    /// <summary>How far behind the last number the whole set stands: one and a half doublings, so that nobody reads the distance as a number.</summary>
    public const double WholeSetGap = 1.5;

    private const double Padding = 0.04, LongestName = 280;

    // Numbers that are nearer to each other than this are drawn as one: pixels between them would be no numbers.
    private const double Closest = 1e-200, Same = 1e-11;

    private readonly ClipPlotAxis _axis;
    private readonly double _wholeSet;

    private AxisScale(ClipPlotAxis axis, double wholeSet, double minimum, double maximum)
    {
        (_axis, _wholeSet, Minimum, Maximum) = (axis, wholeSet, minimum, maximum);
        Ticks = [];
    }

    public string Title => _axis.Title;

    /// <summary>The position where the axis begins.</summary>
    public double Minimum { get; }

    /// <summary>The position where it ends.</summary>
    public double Maximum { get; }

    /// <summary>What is written, and at which positions.</summary>
    public IReadOnlyList<(double Position, string Label)> Ticks { get; private init; }

    /// <summary>The scale for some values.</summary>
    /// <param name="axis">The axis.</param>
    /// <param name="values">The values, all of which <see cref="Check"/> has let pass.</param>
    /// <param name="ends">Ends of intervals: the axis reaches them if the scale has a place for them.</param>
    /// <param name="length">How long it is, in pixels.</param>
    /// <param name="isHorizontal">Whether labels stand side by side.</param>
    /// <param name="hasZero">Whether 0 is on it.</param>
    public static AxisScale Of(ClipPlotAxis axis, IReadOnlyCollection<double> values, IEnumerable<double> ends, double length, bool isHorizontal,
        bool hasZero = false)
    {
        if (axis.Scale == ClipPlotScale.Names)
        {
            return new(axis, 0, -0.5, axis.Names.Count - 0.5)
            {
                Ticks = [.. axis.Names
                .Select((n, i) => ((double)i, TextWidth.Shorten(Markup.Clean(n).Replace('\n', ' '), AxisTicks.Size, LongestName)))]
            };
        }
        double last = values.Where(double.IsFinite).Select(v => Raw(axis, v)).DefaultIfEmpty(0).Max();
        double wholeSet = last + WholeSetGap;
        double[] positions =
        [
            .. values.Select(v => double.IsFinite(v) ? Raw(axis, v) : wholeSet),
                .. ends.Where(e => IsOn(axis, e) && double.IsFinite(e)).Select(e => Raw(axis, e)),
            .. hasZero ? [0.0] : Array.Empty<double>(),
        ];
        double low = positions.Min(), high = positions.Max();
        if (!double.IsFinite(high - low))
        {
            throw new ArgumentException($"The numbers on the axis '{axis.Title}' lie too far apart, from {Invariant(low)} to {Invariant(high)}.");
        }
        if (high - low <= Math.Max(Closest, Math.Max(Math.Abs(low), Math.Abs(high)) * Same))
        {
            double around = axis.Scale == ClipPlotScale.Linear ? Math.Max(Math.Abs(high) * 0.1, axis.IsPercent ? 0.01 : 0.1) : 0.5;
            (low, high) = (low - around, high + around);
        }
        double padding = (high - low) * Padding;
        bool isShare = axis is { IsPercent: true, Scale: ClipPlotScale.Linear };
        double from = hasZero && low == 0 ? 0 : low - padding, to = hasZero && high == 0 ? 0 : high + padding;
        // Beyond 0 and 1 there is no share; a point on the edge is drawn whole all the same.
        from = isShare && low >= 0 ? Math.Max(from, 0) : from;
        to = isShare && high <= 1 && low >= 0 ? Math.Min(to, 1) : to;
        from = axis.Minimum is { } minimum ? Raw(axis, minimum) : from;
        to = axis.Maximum is { } maximum ? Raw(axis, maximum) : to;
        if (!(to > from))
        {
            throw new ArgumentException($"The axis '{axis.Title}' would go from {Invariant(axis.Minimum ?? from)} to {Invariant(axis.Maximum ?? to)}; expected an end above its beginning.");
        }
        var scale = new AxisScale(axis, wholeSet, from, to);
        double? end = values.Contains(double.PositiveInfinity) ? wholeSet : null;
        return new(axis, wholeSet, from, to) { Ticks = AxisTicks.Of(axis, scale, values.Max(), end, length, isHorizontal) };
    }

    /// <summary>Whether the scale has a place for a value.</summary>
    /// <exception cref="ArgumentException">It has none; the message names what has it.</exception>
    public static void Check(ClipPlotAxis axis, double value, string what, string parameter)
    {
        if (!IsOn(axis, value))
        {
            string expected = axis.Scale switch
            {
                ClipPlotScale.Logarithmic => "a number above 0, as others have no logarithm",
                ClipPlotScale.Logit => "a number above 0 and below 1, as others have no logit",
                ClipPlotScale.Shots => "0, a number from 1 on, or the whole set",
                ClipPlotScale.Names => FormattableString.Invariant($"0 to {axis.Names.Count - 1}, the place of a name"),
                _ => "a number",
            };
            throw new ArgumentException($"{what} has the value {Invariant(value)} on the axis '{axis.Title}'; expected {expected}.", parameter);
        }
    }

    /// <summary>Where a value stands. Ends of intervals for which there is no place, a share of 0 on a logit axis, stand at the axis' end.</summary>
    public double Position(double value)
    {
        if (_axis.Scale == ClipPlotScale.Shots && double.IsPositiveInfinity(value))
        {
            return _wholeSet;
        }
        return IsOn(_axis, value) ? Raw(_axis, value) : value <= 0 ? Minimum : Maximum;
    }

    /// <summary>The value at a position.</summary>
    public double Value(double position) => _axis.Scale switch
    {
        ClipPlotScale.Logarithmic => Math.Pow(10, position),
        ClipPlotScale.Logit => LogitAxis.Back(position),
        ClipPlotScale.Shots => position < 0 ? 0 : Math.Pow(2, position),
        _ => position,
    };

    private static bool IsOn(ClipPlotAxis axis, double value) => axis.Scale switch
    {
        ClipPlotScale.Logarithmic => double.IsFinite(value) && value > 0,
        ClipPlotScale.Logit => value is > 0 and < 1,
        ClipPlotScale.Shots => value is 0 or >= 1,
        ClipPlotScale.Names => value >= 0 && value <= axis.Names.Count - 1,
        _ => double.IsFinite(value),
    };

    private static double Raw(ClipPlotAxis axis, double value) => axis.Scale switch
    {
        ClipPlotScale.Logarithmic => Math.Log10(value),
        ClipPlotScale.Logit => LogitAxis.Of(value),
        ClipPlotScale.Shots => value == 0 ? -1 : Math.Log2(value),
        _ => value,
    };

    private static string Invariant(double value) => value.ToString(CultureInfo.InvariantCulture);
}
