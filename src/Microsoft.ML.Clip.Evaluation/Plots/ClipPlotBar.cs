namespace Microsoft.ML.Clip;

/// <summary>A bar of a plot. Immutable.</summary>
/// <param name="Name">What it is for.</param>
/// <param name="Value">How long it is.</param>
public sealed record ClipPlotBar(string Name, double Value)
{
    /// <summary>From where to where its end may be; <see langword="null"/> for nothing.</summary>
    public ClipInterval? Interval { get; init; }

    /// <summary>What is written at its end; <see langword="null"/> for the value. For what is no number as it stands: <c>&lt; 1</c>.</summary>
    public string? Text { get; init; }
}
