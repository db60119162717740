using System.Globalization;

namespace Microsoft.ML.Clip;

/// <summary>What is handed in for a plot, looked at before anything is drawn.</summary>
internal static class PlotInput
{
    private const int NarrowestSize = 100, Narrowest = 200, Widest = 4000, MostDecimals = 15, MostLooks = 56;

    public static void CheckSize(int width, int? height = null)
    {
        if (width is < Narrowest or > Widest)
        {
            throw new ArgumentOutOfRangeException(nameof(width), width, $"A plot is {Narrowest} to {Widest} wide.");
        }
        if (height is < NarrowestSize or > Widest)
        {
            throw new ArgumentOutOfRangeException(nameof(height), height, $"A plot is {NarrowestSize} to {Widest} high.");
        }
    }

    public static void CheckDecimals(int decimals)
    {
        if (decimals is < 0 or > MostDecimals)
        {
            throw new ArgumentOutOfRangeException(nameof(decimals), decimals, $"A value has 0 to {MostDecimals} digits behind the point.");
        }
    }

    // Refuses points that have no place; what they are is for messages, "Point" or "Line 'x', point".
    public static void Check(IReadOnlyList<ClipPlotPoint> points, ClipPlotAxis x, ClipPlotAxis y, string what, string parameter)
    {
        for (int i = 0; i < points.Count; i++)
        {
            string name = points[i].Label is { } label ? $"{what} {i} (counted from 0), '{label}'," : $"{what} {i} (counted from 0)";
            AxisScale.Check(x, points[i].X, name, parameter);
            AxisScale.Check(y, points[i].Y, name, parameter);
            Check(points[i].XInterval, name, parameter);
            Check(points[i].YInterval, name, parameter);
        }
    }

    public static void Check(ClipInterval? interval, string name, string parameter)
    {
        if (interval is { } ends && (!double.IsFinite(ends.Lower) || !double.IsFinite(ends.Upper) || ends.Lower > ends.Upper))
        {
            throw new ArgumentException(string.Create(CultureInfo.InvariantCulture, $"{name} has an interval from {ends.Lower} to {ends.Upper}; expected two numbers, the lower first."), parameter);
        }
    }

    // There are as many looks as pairs of a colour and a shape.
    public static void CheckLooks(int count, string what, string title, string parameter)
    {
        if (count > MostLooks)
        {
            throw new ArgumentException($"There are {count} {what} for the plot '{title}'; expected at most {MostLooks}, which can be told apart. Mute those that it is not about.", parameter);
        }
    }

    /// <summary>What is said of points that are not drawn.</summary>
    public static IEnumerable<string> Outside(int count) => count == 0 ? [] : [FormattableString.Invariant($"Outside of the axes, and not drawn: {count:N0}.")];

    /// <summary>A number with a minus that is as wide as a plus; what rounds to nothing has none.</summary>
    public static string Minus(string number) =>
        !number.StartsWith('-') ? number : number.AsSpan().IndexOfAnyInRange('1', '9') < 0 ? number[1..] : "\u2212" + number[1..];

    public static IEnumerable<double> Ends(IEnumerable<ClipInterval?> intervals) =>
        intervals.OfType<ClipInterval>().SelectMany(i => new[] { i.Lower, i.Upper });

    /// <summary>A value as tooltips have it.</summary>
    public static string Value(ClipPlotAxis axis, double value) => axis.Scale == ClipPlotScale.Names ? axis.Names[(int)value]
        : double.IsPositiveInfinity(value) ? "all" : axis.IsPercent ? FormattableString.Invariant($"{100 * value:0.0#}%") : FormattableString.Invariant($"{value:0.####}");

    /// <summary>A point as its tooltip has it.</summary>
    public static string Tip(ClipPlotAxis x, ClipPlotAxis y, ClipPlotPoint point, string? line = null)
    {
        string name = string.Join(", ", new[] { line, point.Label, point.Group }.Where(n => !string.IsNullOrEmpty(n)));
        string interval = point.YInterval is { } ends ? $" ({Value(y, ends.Lower)} to {Value(y, ends.Upper)})" : "";
        return $"{name}{(name.Length > 0 ? ": " : "")}{Value(x, point.X)}, {Value(y, point.Y)}{interval}";
    }
}
