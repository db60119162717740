namespace Microsoft.ML.Clip;

/// <summary>What a classifier did with the rows of one class.</summary>
public sealed record ClipClassResult
{
    /// <summary>The name of the class.</summary>
    public required string Name { get; init; }

    /// <summary>How many rows belong to it.</summary>
    public required long Count { get; init; }

    /// <summary>How many of these were given to it.</summary>
    public required long Hits { get; init; }

    /// <summary>How many rows were given to it, right or wrong.</summary>
    public required long Predicted { get; init; }

    /// <summary>The share of its rows that were given to it; <see langword="null"/> if it has none.</summary>
    public double? Recall => Count == 0 ? null : Hits / (double)Count;

    /// <summary>The share of what was given to it that belongs there; <see langword="null"/> if nothing was.</summary>
    public double? Precision => Predicted == 0 ? null : Hits / (double)Predicted;
}
