namespace Microsoft.ML.Clip;

/// <summary>An embedding that was found, and how near it lies.</summary>
public readonly record struct ClipMatch
{
    /// <summary>Its place among the embeddings searched, from 0.</summary>
    public required int Index { get; init; }

    /// <summary>The cosine between it and the query, -1 to 1.</summary>
    public required float Cosine { get; init; }
}
