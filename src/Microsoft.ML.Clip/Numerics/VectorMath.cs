using System.Numerics.Tensors;

namespace Microsoft.ML.Clip;

/// <summary>Operations on long float vectors, on several threads where they are long enough. Results do not depend on the number of threads.</summary>
internal static class VectorMath
{
    // Inner products: float32 within a stretch, float64 between stretches.
    private const int Stretch = 1024;

    // What one thread takes at a time: half a megabyte of two vectors.
    private const int Slice = 64 * Stretch;

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

    /// <summary>The inner product.</summary>
    public static double Dot(FloatBuffer x, FloatBuffer y, int threads)
    {
        int slices = (x.Length + Slice - 1) / Slice;
        if (threads == 1 || slices < 4)
        {
            return Dot(x.Span, y.Span);
        }
        double[] sums = new double[slices];
        ForEachSlice(x.Length, threads, (slice, start, length) => sums[slice] = Dot(x.Span.Slice(start, length), y.Span.Slice(start, length)));
        return sums.Sum();
    }

    /// <summary>y += a x.</summary>
    public static void Add(ReadOnlySpan<float> x, float a, Span<float> y) => TensorPrimitives.MultiplyAdd(x, a, y, y);

    /// <summary>result = a x + y.</summary>
    public static void Add(FloatBuffer x, float a, FloatBuffer y, FloatBuffer result, int threads) =>
        ForEachSlice(x.Length, threads, (_, start, length) =>
            TensorPrimitives.MultiplyAdd(x.Span.Slice(start, length), a, y.Span.Slice(start, length), result.Span.Slice(start, length)));

    /// <summary>result = x - y.</summary>
    public static void Subtract(FloatBuffer x, FloatBuffer y, FloatBuffer result, int threads) =>
        ForEachSlice(x.Length, threads, (_, start, length) =>
            TensorPrimitives.Subtract(x.Span.Slice(start, length), y.Span.Slice(start, length), result.Span.Slice(start, length)));

    private static void ForEachSlice(int length, int threads, Action<int, int, int> work)
    {
        int slices = (length + Slice - 1) / Slice;
        Threads.For(slices, slices < 4 ? 1 : threads, slice => work(slice, slice * Slice, Math.Min(Slice, length - slice * Slice)));
    }
}
