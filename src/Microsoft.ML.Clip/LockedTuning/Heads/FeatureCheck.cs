using System.Numerics.Tensors;

namespace Microsoft.ML.Clip;

/// <summary>Holds features that somebody gives against what is expected.</summary>
internal static class FeatureCheck
{
    // Between these, the squares of which a length is made are numbers that float32 has.
    private const float Least = 1e-15f, Most = 1e15f;

    /// <summary>Throws unless all rows are numbers, as many as expected, and have a length.</summary>
    /// <param name="features">The rows.</param>
    /// <param name="width">How many values each should have; null for as many as the first.</param>
    /// <param name="name">What they are called, for messages.</param>
    /// <exception cref="ArgumentException">They are not; the message gives the index.</exception>
    public static void Rows(IReadOnlyList<float[]> features, int? width, string name)
    {
        ArgumentNullException.ThrowIfNull(features, name);
        for (int i = 0; i < features.Count; i++)
        {
            float[] row = features[i] ?? throw new ArgumentException($"{name}[{i}] is null.", name);
            width ??= row.Length;
            if (row.Length != width || row.Length == 0)
            {
                throw new ArgumentException($"{name}[{i}] has {row.Length} values; expected {(width == 0 ? "at least 1" : width)}.", name);
            }
            int bad = Array.FindIndex(row, v => !float.IsFinite(v));
            if (bad >= 0)
            {
                throw new ArgumentException($"{name}[{i}][{bad}] is {row[bad]}; expected a finite number.", name);
            }
            if (row.AsSpan().IndexOfAnyExcept(0f) < 0)
            {
                throw new ArgumentException($"{name}[{i}] is zero throughout, which has no direction.", name);
            }
            float largest = MathF.Abs(TensorPrimitives.MaxMagnitude(row));
            if (largest is < Least or > Most)
            {
                throw new ArgumentException($"{name}[{i}] has {largest:G3} as its largest value; expected {Least:G3} to {Most:G3}, for which float32 can tell a length. Scale the features.", name);
            }
        }
    }
}
