namespace Microsoft.ML.Clip;

/// <summary>A point of a plot. Immutable.</summary>
/// <param name="X">Its place on the horizontal axis.</param>
/// <param name="Y">Its place on the vertical axis.</param>
public sealed record ClipPlotPoint(double X, double Y)
{
    /// <summary>Its name, which shows when it is pointed at; <see langword="null"/> if it has none.</summary>
    public string? Label { get; init; }

    /// <summary>Whether the name is also written beside it.</summary>
    /// <value><see langword="true"/>. Of many points let it be true for those that the plot is about.</value>
    public bool IsLabelled { get; init; } = true;

    /// <summary>The group that it is drawn for, in a colour and shape of its own; <see langword="null"/> for none.</summary>
    public string? Group { get; init; }

    /// <summary>Whether it stands behind the others, small and grey whatever its group.</summary>
    public bool IsMuted { get; init; }

    /// <summary>From where to where it may be on the horizontal axis; the ends in the axis' unit, each put in its place by itself.</summary>
    public ClipInterval? XInterval { get; init; }

    /// <summary>From where to where it may be on the vertical axis.</summary>
    public ClipInterval? YInterval { get; init; }
}
