namespace Microsoft.ML.Clip;

/// <summary>How <see cref="ClipVocabularyTrainer"/> makes a vocabulary.</summary>
public sealed record ClipVocabularyOptions
{
    /// <summary>The most tokens that the vocabulary may have: 512 for the bytes, two special ones, and one for each merge.</summary>
    /// <value>
    /// The default is 1,024; at least 514. OpenAI's has 49,408, which at a text width of 128 takes 25 MB of embeddings: more than the rest of a small model.
    /// </value>
    public int Size { get; init; } = 1024;

    /// <summary>How often two neighbouring symbols must occur in the corpus to be merged.</summary>
    /// <value>The default is 2, so that a word seen once gets no token of its own, whose embedding would see one example. At least 1.</value>
    public int MinimumCount { get; init; } = 2;

    /// <summary>The number of ids of an encoded text, start, end and padding included, that is written beside the vocabulary.</summary>
    /// <value>The default is 77, as in OpenAI's models. At least 2.</value>
    public int ContextLength { get; init; } = 77;

    internal void Validate()
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(Size, ClipVocabulary.MinimumSize);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(Size, ClipVocabulary.MaximumSize);
        ArgumentOutOfRangeException.ThrowIfLessThan(MinimumCount, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(ContextLength, 2);
    }
}
