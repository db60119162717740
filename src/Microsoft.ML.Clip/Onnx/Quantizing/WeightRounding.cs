using System.Numerics.Tensors;

namespace Microsoft.ML.Clip;

/// <summary>A matrix in 8 bits, symmetric, with a scale for each column: W ≈ q · scale.</summary>
/// <param name="Values">[inputs, outputs], row by row.</param>
/// <param name="Scales">[outputs].</param>
internal sealed record RoundedWeights(sbyte[] Values, float[] Scales)
{
    /// <summary>
    /// The largest values of 8 bits, and of 7: where the processor has no VNNI, ONNX Runtime adds pairs of products of unsigned and signed bytes in 16 bits
    /// (vpmaddubsw), where 2 · 255 · 127 does not fit and 2 · 255 · 64 does.
    /// </summary>
    public const int Whole = 127, Reduced = 63;

    /// <summary>Rounds a matrix whose rows are multiplied with scales first.</summary>
    /// <param name="weights">[inputs, outputs].</param>
    /// <param name="rowScales">What each row is multiplied with; null for 1.</param>
    /// <param name="inputs">The rows.</param>
    /// <param name="most">The largest magnitude of the result: <see cref="Whole"/> or <see cref="Reduced"/>.</param>
    public static RoundedWeights Of(float[] weights, float[]? rowScales, int inputs, int most)
    {
        int outputs = weights.Length / inputs;
        float[] scales = new float[outputs], row = new float[outputs];
        for (int j = 0; j < inputs; j++)
        {
            TensorPrimitives.Multiply(weights.AsSpan(j * outputs, outputs), rowScales?[j] ?? 1, row);
            TensorPrimitives.MaxMagnitude<float>(scales, row, scales);
        }
        float[] inverse = new float[outputs];
        for (int n = 0; n < outputs; n++)
        {
            scales[n] = Math.Abs(scales[n]) / most;
            // A column of zeros, or of next to nothing.
            if (!float.IsNormal(scales[n]) || !float.IsFinite(1 / scales[n]))
            {
                scales[n] = 1;
            }
            inverse[n] = 1 / scales[n];
        }
        sbyte[] values = new sbyte[weights.Length];
        for (int j = 0; j < inputs; j++)
        {
            TensorPrimitives.Multiply(weights.AsSpan(j * outputs, outputs), rowScales?[j] ?? 1, row);
            TensorPrimitives.Multiply(row, inverse, row);
            for (int n = 0; n < outputs; n++)
            {
                values[(j * outputs) + n] = (sbyte)Math.Clamp(MathF.Round(row[n]), -most, most);
            }
        }
        return new RoundedWeights(values, scales);
    }
}
