namespace Microsoft.ML.Clip.Benchmarks;

/// <summary>What a model's weights are written in.</summary>
internal enum Precision
{
    /// <summary>float32.</summary>
    Float32,

    /// <summary>Weights, inputs and outputs in half precision, as the _fp16 files.</summary>
    Float16,

    /// <summary>The transformers' weights in 8 bits, as the _quantized files.</summary>
    Int8,
}
