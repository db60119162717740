using System.Numerics.Tensors;

namespace Microsoft.ML.Clip;

/// <summary>Sums over long float vectors: float32 within a stretch, float64 between stretches.</summary>
internal static class VectorMath
{
    private const int Stretch = 1024;

    /// <summary>The inner product.</summary>
    public static double Dot(ReadOnlySpan<float> x, ReadOnlySpan<float> y)
    {
        double sum = 0;
        for (int i = 0; i < x.Length; i += Stretch)
        {
            int length = Math.Min(Stretch, x.Length - i);
            sum += TensorPrimitives.Dot(x.Slice(i, length), y.Slice(i, length));
        }
        return sum;
    }

    /// <summary>y += a x.</summary>
    public static void Add(ReadOnlySpan<float> x, float a, Span<float> y) => TensorPrimitives.MultiplyAdd(x, a, y, y);
}
