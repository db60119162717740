namespace Microsoft.ML.Clip;

/// <summary>The family of a text tower.</summary>
public enum ClipTextKind
{
    /// <summary>A Transformer with a causal mask, read at the first end token.</summary>
    Transformer,

    /// <summary>Continuous bag of words: the mean of the token embeddings.</summary>
    Cbow,
}
