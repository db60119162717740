namespace Microsoft.ML.Clip;

/// <summary>How the matrices of a <see cref="ClipLockedHead"/> are kept in a file.</summary>
public enum ClipLockedStorage
{
    /// <summary>float32: the head as it is.</summary>
    Single,

    /// <summary>float16: half the size; embeddings move by about 1e-4 of their length.</summary>
    Half,

    /// <summary>
    /// Whole numbers from -127 to 127 with a scale for each row: a quarter of the size; embeddings move by about a hundredth of their length.
    /// </summary>
    Int8,
}
