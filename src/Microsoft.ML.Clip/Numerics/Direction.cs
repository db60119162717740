using System.Numerics.Tensors;

namespace Microsoft.ML.Clip;

/// <summary>The direction of a vector, which it has however far from 1 its values are.</summary>
internal static class Direction
{
    // Within these bounds neither squares nor products of two such vectors are lost among the denormals or overflow.
    private const float Small = 1e-15f, Large = 1e15f;

    /// <summary>Whether sums of squares and products in float32 are right for a vector that has such a norm.</summary>
    public static bool IsPlain(float norm) => norm is >= Small and <= Large;

    /// <summary>Divides a vector by its norm; gives back the norm of one that has no direction: 0, NaN, or beyond float32.</summary>
    /// <param name="vector">The vector.</param>
    /// <param name="unit">Receives it at unit length; may be the same memory.</param>
    public static float? ToUnit(ReadOnlySpan<float> vector, Span<float> unit)
    {
        float norm = TensorPrimitives.Norm(vector);
        if (IsPlain(norm))
        {
            TensorPrimitives.Divide(vector, norm, unit);
            return null;
        }
        float largest = MathF.Abs(TensorPrimitives.MaxMagnitude(vector));
        if (!(largest > 0) || !float.IsFinite(largest))
        {
            return largest;
        }
        TensorPrimitives.Divide(vector, largest, unit);
        norm = TensorPrimitives.Norm<float>(unit);
        TensorPrimitives.Divide(unit, norm, unit);
        return float.IsFinite(largest * norm) ? null : float.PositiveInfinity;
    }

    /// <summary>The cosine between two vectors, in float64; NaN where one has no direction.</summary>
    public static float FarCosine(ReadOnlySpan<float> x, ReadOnlySpan<float> y)
    {
        double product = 0, xx = 0, yy = 0;
        for (int i = 0; i < x.Length; i++)
        {
            product += (double)x[i] * y[i];
            xx += (double)x[i] * x[i];
            yy += (double)y[i] * y[i];
        }
        double cosine = product / (Math.Sqrt(xx) * Math.Sqrt(yy));
        return double.IsFinite(cosine) ? (float)Math.Clamp(cosine, -1, 1) : float.NaN;
    }
}
