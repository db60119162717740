namespace Microsoft.ML.Clip;

/// <summary>How a <see cref="ClipSearchIndex"/> keeps embeddings: the time of a search is that of reading them.</summary>
public enum ClipSearchStorage
{
    /// <summary>32 bits a value. Cosines are those of the embeddings, to the rounding of float32 sums (1e-6).</summary>
    Single,

    /// <summary>16 bits a value (<see cref="System.Half"/>'s precision): half the memory. Cosines differ by 1e-4 at most, and usually by 1e-5.</summary>
    Half,

    /// <summary>
    /// 8 bits a value and a scale for each embedding: a quarter of the memory. Cosines differ by some ten-thousandths, and by more where one value of an
    /// embedding is far larger than the others; embeddings that lie about as near as each other may change places. Searching for more of them, and comparing
    /// those with the embeddings themselves (<see cref="ClipSimilarity"/>), mends it.
    /// </summary>
    Int8,
}
