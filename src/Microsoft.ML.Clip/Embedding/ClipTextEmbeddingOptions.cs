namespace Microsoft.ML.Clip;

/// <summary>Settings of <see cref="ClipTextEmbeddingEstimator"/>.</summary>
public sealed record ClipTextEmbeddingOptions
{
    /// <summary>Whether embeddings are scaled to unit length, as the paper's T_e are.</summary>
    /// <value>Default: <see langword="true"/>.</value>
    public bool Normalize { get; init; } = true;

    /// <summary>How many texts go through the encoder at once.</summary>
    /// <value>Default: <see langword="null"/>, the model's <see cref="ClipModelOptions.BatchSize"/>.</value>
    public int? BatchSize { get; init; }

    /// <summary>What to do with a text that has more tokens than <see cref="ClipModel.ContextLength"/>.</summary>
    /// <value>Default: <see cref="ClipOnTooLong.Truncate"/>.</value>
    public ClipOnTooLong OnTooLong { get; init; } = ClipOnTooLong.Truncate;
}
