using System.Globalization;

namespace Microsoft.ML.Clip;

/// <summary>How far long work is: a pass over a view (<see cref="ClipCatalog.ShowProgress"/>), or prompts that are embedded. As text, a line for a console or a log.</summary>
public sealed record ClipProgress
{
    /// <summary>How much is done.</summary>
    public required long Done { get; init; }

    /// <summary>How much there is to do; <see langword="null"/> if nobody knows.</summary>
    public long? Total { get; init; }

    /// <summary>How long it has taken so far.</summary>
    public required TimeSpan Elapsed { get; init; }

    /// <summary>Which pass over the view it is, from 1: trainers read their data several times.</summary>
    public int Pass { get; init; } = 1;

    /// <summary>What is counted: <c>rows</c> or <c>prompts</c>.</summary>
    public string Unit { get; init; } = "rows";

    /// <summary>Whether this is the last report: all is done, or whoever asked for it has stopped, or failed.</summary>
    public bool IsLast { get; init; }

    /// <summary>The speed since the beginning, in units a second; 0 before anything is done.</summary>
    public double PerSecond => Elapsed > TimeSpan.Zero ? Done / Elapsed.TotalSeconds : 0;

    /// <summary>How long the rest will take at that speed; <see langword="null"/> if it cannot be told.</summary>
    public TimeSpan? Remaining => Total is not { } total || Done == 0 ? null : Elapsed * (Math.Max(0, total - Done) / (double)Done);

    /// <summary>The report as one line, such as <c>1,200 of 5,000 rows (24%), 85.3 a second, 00:00:45 left</c>.</summary>
    /// <returns>The line, in the invariant culture.</returns>
    public override string ToString()
    {
        string done = Total is { } total ? $"{Number(Done)} of {Number(total)} {Unit}{(total > 0 ? $" ({Math.Min(100, 100 * Done / total)}%)" : "")}" : $"{Number(Done)} {Unit}";
        string pass = Pass > 1 ? $"pass {Pass}: " : "";
        string time = IsLast ? $"in {Text(Elapsed)}" : Remaining is { } remaining ? $"{Text(remaining)} left" : $"after {Text(Elapsed)}";
        return $"{pass}{done}, {PerSecond.ToString("0.0", CultureInfo.InvariantCulture)} a second, {time}";
    }

    private static string Number(long value) => value.ToString("N0", CultureInfo.InvariantCulture);

    private static string Text(TimeSpan time) =>
        (time.TotalDays >= 1 ? $"{(int)time.TotalDays} d " : "") + time.ToString(@"hh\:mm\:ss", CultureInfo.InvariantCulture);
}
