using System.Numerics;
using System.Runtime.InteropServices;

namespace Microsoft.ML.Clip;

/// <summary>
/// Scalar products of one vector with many. Each is summed in the same order wherever its row stands, so that equal rows give equal products, to the last
/// bit. Four at a time, so that the vector is read once for them.
/// </summary>
internal static class DotProducts
{
    private const int AtOnce = 4;

    /// <param name="x">The vector.</param>
    /// <param name="rows">[results, x's length], row-major.</param>
    /// <param name="results">Receives a product for each row.</param>
    public static void Of(ReadOnlySpan<float> x, ReadOnlySpan<float> rows, Span<float> results)
    {
        int row = 0, length = x.Length;
        for (; row + AtOnce <= results.Length; row += AtOnce)
        {
            Four(x, rows.Slice(row * length, AtOnce * length), results.Slice(row, AtOnce));
        }
        for (; row < results.Length; row++)
        {
            results[row] = One(x, rows.Slice(row * length, length));
        }
    }

    /// <summary>The product of two vectors, as <see cref="Of"/> sums it.</summary>
    public static float One(ReadOnlySpan<float> x, ReadOnlySpan<float> y)
    {
        ReadOnlySpan<Vector<float>> vectors = MemoryMarshal.Cast<float, Vector<float>>(x), others = MemoryMarshal.Cast<float, Vector<float>>(y);
        var sum = Vector<float>.Zero;
        for (int i = 0; i < vectors.Length; i++)
        {
            sum = Vector.FusedMultiplyAdd(vectors[i], others[i], sum);
        }
        return Rest(Vector.Sum(sum), x, y, vectors.Length * Vector<float>.Count);
    }

    private static void Four(ReadOnlySpan<float> x, ReadOnlySpan<float> rows, Span<float> results)
    {
        int length = x.Length;
        ReadOnlySpan<float> a = rows[..length], b = rows.Slice(length, length), c = rows.Slice(2 * length, length), d = rows.Slice(3 * length, length);
        var vectors = MemoryMarshal.Cast<float, Vector<float>>(x);
        ReadOnlySpan<Vector<float>> va = MemoryMarshal.Cast<float, Vector<float>>(a), vb = MemoryMarshal.Cast<float, Vector<float>>(b);
        ReadOnlySpan<Vector<float>> vc = MemoryMarshal.Cast<float, Vector<float>>(c), vd = MemoryMarshal.Cast<float, Vector<float>>(d);
        Vector<float> sumA = Vector<float>.Zero, sumB = sumA, sumC = sumA, sumD = sumA;
        for (int i = 0; i < vectors.Length; i++)
        {
            var value = vectors[i];
            sumA = Vector.FusedMultiplyAdd(value, va[i], sumA);
            sumB = Vector.FusedMultiplyAdd(value, vb[i], sumB);
            sumC = Vector.FusedMultiplyAdd(value, vc[i], sumC);
            sumD = Vector.FusedMultiplyAdd(value, vd[i], sumD);
        }
        int done = vectors.Length * Vector<float>.Count;
        results[0] = Rest(Vector.Sum(sumA), x, a, done);
        results[1] = Rest(Vector.Sum(sumB), x, b, done);
        results[2] = Rest(Vector.Sum(sumC), x, c, done);
        results[3] = Rest(Vector.Sum(sumD), x, d, done);
    }

    private static float Rest(float sum, ReadOnlySpan<float> x, ReadOnlySpan<float> y, int start)
    {
        for (int i = start; i < x.Length; i++)
        {
            sum += x[i] * y[i];
        }
        return sum;
    }
}
