namespace Microsoft.ML.Clip.Tests;

/// <summary>How far an exported model may lie from the TorchSharp module on normalised embeddings; docs/numerics.md explains each.</summary>
internal static class ExportTolerances
{
    /// <summary>Both compute in float32, in another order.</summary>
    public const float Float32 = 1e-5f;

    /// <summary>Weights are rounded to 11 bits.</summary>
    public const float Float16 = 2e-3f;

    /// <summary>Weights are rounded to one of 255 steps of each channel; random weights and random tokens make the most of that.</summary>
    public const float Int8 = 1e-1f;

    /// <summary>I_f is not normalised: its values reach 4 in these models.</summary>
    public const float Features = 1e-4f;

    public static float Of(ClipWeightPrecision precision) => precision switch
    {
        ClipWeightPrecision.Float16 => Float16,
        ClipWeightPrecision.Int8 => Int8,
        _ => Float32,
    };

    /// <summary>The largest absolute difference; infinity where a value is NaN.</summary>
    public static float Difference(ReadOnlySpan<float> expected, ReadOnlySpan<float> actual)
    {
        Assert.Equal(expected.Length, actual.Length);
        float largest = 0;
        for (int i = 0; i < expected.Length; i++)
        {
            float difference = MathF.Abs(expected[i] - actual[i]);
            largest = MathF.Max(largest, float.IsNaN(difference) ? float.PositiveInfinity : difference);
        }
        return largest;
    }
}
