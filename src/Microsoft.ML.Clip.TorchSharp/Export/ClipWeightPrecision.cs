namespace Microsoft.ML.Clip;

/// <summary>How an exported model stores its matrices, convolutions and embeddings. Gains, biases and all computation are float32 in any case.</summary>
public enum ClipWeightPrecision
{
    /// <summary>Four bytes a weight, exact.</summary>
    Float32,

    /// <summary>Two bytes a weight: embeddings differ by about 1e-4.</summary>
    Float16,

    /// <summary>
    /// One byte a weight and a float32 scale for each output channel (row of the token embeddings): embeddings differ by a few 1e-3. Positions are
    /// kept in float16.
    /// </summary>
    Int8,
}
