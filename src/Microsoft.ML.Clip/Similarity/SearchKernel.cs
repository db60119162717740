using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Microsoft.ML.Clip;

/// <summary>
/// Inner products of four rows with one query or several. Each product is summed the same way wherever its row and its query stand, so that equal rows give
/// equal products, to the last bit, of one query as of many.
/// </summary>
internal static unsafe class SearchKernel
{
    /// <summary>Rows come in groups of so many.</summary>
    public const int Rows = 4;

    /// <summary>Values of a row come in multiples of this.</summary>
    public const int Lanes = 16;

    /// <summary>For the tests: vectors of 256 bits even where wider ones are there.</summary>
    [ThreadStatic]
    internal static bool ForceNarrow;

    // How far behind the rows that are multiplied those are that the cache is asked for: as far as memory takes to answer, and within the first cache.
    private const int Ahead = 8192;

    private const int CacheLine = 64;

    /// <summary>Queries that are multiplied at once.</summary>
    public static int Queries => IsWide ? 4 : 2;

    private static bool IsWide => Vector512.IsHardwareAccelerated && !ForceNarrow;

    /// <summary>The products of four rows with a query: a sum for each row.</summary>
    /// <param name="rows">The rows, one after the other.</param>
    /// <param name="query">The query.</param>
    /// <param name="width">The values of each, a multiple of <see cref="Lanes"/>.</param>
    /// <param name="products">[4].</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Multiply<TFormat, T>(T* rows, float* query, int width, float* products)
        where TFormat : ISearchFormat<T>
        where T : unmanaged
    {
        T* r0 = rows, r1 = rows + width, r2 = r1 + width, r3 = r2 + width;
        byte* ahead = (byte*)rows + Ahead;
        if (IsWide)
        {
            Vector512<float> s0 = default, s1 = default, s2 = default, s3 = default;
            for (nint i = 0; i < width; i += Lanes, ahead += Rows * Lanes * sizeof(T))
            {
                Fetch<T>(ahead);
                var q = Vector512.Load(query + i);
                s0 = Vector512.FusedMultiplyAdd(TFormat.Load(in r0[i]), q, s0);
                s1 = Vector512.FusedMultiplyAdd(TFormat.Load(in r1[i]), q, s1);
                s2 = Vector512.FusedMultiplyAdd(TFormat.Load(in r2[i]), q, s2);
                s3 = Vector512.FusedMultiplyAdd(TFormat.Load(in r3[i]), q, s3);
            }
            (products[0], products[1], products[2], products[3]) = (Vector512.Sum(s0), Vector512.Sum(s1), Vector512.Sum(s2), Vector512.Sum(s3));
            return;
        }
        Vector256<float> a0 = default, a1 = default, a2 = default, a3 = default, b0 = default, b1 = default, b2 = default, b3 = default;
        for (nint i = 0; i < width; i += Lanes, ahead += Rows * Lanes * sizeof(T))
        {
            Fetch<T>(ahead);
            Vector256<float> q = Vector256.Load(query + i), p = Vector256.Load(query + i + 8);
            (var x, var y) = TFormat.LoadHalves(in r0[i]);
            (a0, b0) = (Vector256.MultiplyAddEstimate(x, q, a0), Vector256.MultiplyAddEstimate(y, p, b0));
            (x, y) = TFormat.LoadHalves(in r1[i]);
            (a1, b1) = (Vector256.MultiplyAddEstimate(x, q, a1), Vector256.MultiplyAddEstimate(y, p, b1));
            (x, y) = TFormat.LoadHalves(in r2[i]);
            (a2, b2) = (Vector256.MultiplyAddEstimate(x, q, a2), Vector256.MultiplyAddEstimate(y, p, b2));
            (x, y) = TFormat.LoadHalves(in r3[i]);
            (a3, b3) = (Vector256.MultiplyAddEstimate(x, q, a3), Vector256.MultiplyAddEstimate(y, p, b3));
        }
        (products[0], products[1], products[2], products[3]) =
            (Vector256.Sum(a0 + b0), Vector256.Sum(a1 + b1), Vector256.Sum(a2 + b2), Vector256.Sum(a3 + b3));
    }

    // Asks for the rows to come, as many bytes as a turn of the loop reads. Left alone, the processor takes four rows for four streams that have just begun,
    // and a row of 8 or 16 bits ends before it has seen that: a third of memory's speed is what that gives (benchmarks/compare/search.py).
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Fetch<T>(byte* ahead)
        where T : unmanaged
    {
        if (!Sse.IsSupported)
        {
            return;
        }
        Sse.Prefetch0(ahead);
        if (sizeof(T) > 1)
        {
            Sse.Prefetch0(ahead + CacheLine);
        }
        if (sizeof(T) > 2)
        {
            Sse.Prefetch0(ahead + (2 * CacheLine));
            Sse.Prefetch0(ahead + (3 * CacheLine));
        }
    }

    /// <summary>Reads rows as float32, for <see cref="MultiplyMany"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Widen<TFormat, T>(T* rows, float* result, int count)
        where TFormat : ISearchFormat<T>
        where T : unmanaged
    {
        for (int i = 0; i < count; i += Lanes)
        {
            if (IsWide)
            {
                TFormat.Load(in rows[i]).Store(result + i);
            }
            else
            {
                var (low, high) = TFormat.LoadHalves(in rows[i]);
                low.Store(result + i);
                high.Store(result + i + 8);
            }
        }
    }

    /// <summary>The products of four rows with <see cref="Queries"/> queries: for each query four.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void MultiplyMany(float* rows, float* queries, int width, float* products)
    {
        if (!IsWide)
        {
            MultiplyTwo(rows, queries, width, products);
            return;
        }
        float* r1 = rows + width, r2 = r1 + width, r3 = r2 + width, q1 = queries + width, q2 = q1 + width, q3 = q2 + width;
        Vector512<float> s00 = default, s01 = default, s02 = default, s03 = default, s10 = default, s11 = default, s12 = default, s13 = default;
        Vector512<float> s20 = default, s21 = default, s22 = default, s23 = default, s30 = default, s31 = default, s32 = default, s33 = default;
        for (int i = 0; i < width; i += Lanes)
        {
            Vector512<float> x0 = Vector512.Load(rows + i), x1 = Vector512.Load(r1 + i), x2 = Vector512.Load(r2 + i), x3 = Vector512.Load(r3 + i);
            var q = Vector512.Load(queries + i);
            s00 = Vector512.FusedMultiplyAdd(x0, q, s00);
            s01 = Vector512.FusedMultiplyAdd(x1, q, s01);
            s02 = Vector512.FusedMultiplyAdd(x2, q, s02);
            s03 = Vector512.FusedMultiplyAdd(x3, q, s03);
            q = Vector512.Load(q1 + i);
            s10 = Vector512.FusedMultiplyAdd(x0, q, s10);
            s11 = Vector512.FusedMultiplyAdd(x1, q, s11);
            s12 = Vector512.FusedMultiplyAdd(x2, q, s12);
            s13 = Vector512.FusedMultiplyAdd(x3, q, s13);
            q = Vector512.Load(q2 + i);
            s20 = Vector512.FusedMultiplyAdd(x0, q, s20);
            s21 = Vector512.FusedMultiplyAdd(x1, q, s21);
            s22 = Vector512.FusedMultiplyAdd(x2, q, s22);
            s23 = Vector512.FusedMultiplyAdd(x3, q, s23);
            q = Vector512.Load(q3 + i);
            s30 = Vector512.FusedMultiplyAdd(x0, q, s30);
            s31 = Vector512.FusedMultiplyAdd(x1, q, s31);
            s32 = Vector512.FusedMultiplyAdd(x2, q, s32);
            s33 = Vector512.FusedMultiplyAdd(x3, q, s33);
        }
        (products[0], products[1], products[2], products[3]) = (Vector512.Sum(s00), Vector512.Sum(s01), Vector512.Sum(s02), Vector512.Sum(s03));
        (products[4], products[5], products[6], products[7]) = (Vector512.Sum(s10), Vector512.Sum(s11), Vector512.Sum(s12), Vector512.Sum(s13));
        (products[8], products[9], products[10], products[11]) = (Vector512.Sum(s20), Vector512.Sum(s21), Vector512.Sum(s22), Vector512.Sum(s23));
        (products[12], products[13], products[14], products[15]) = (Vector512.Sum(s30), Vector512.Sum(s31), Vector512.Sum(s32), Vector512.Sum(s33));
    }

    // Sums in two halves, as Multiply has them: 16 registers hold those of two rows and two queries.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void MultiplyTwo(float* rows, float* queries, int width, float* products)
    {
        for (int pair = 0; pair < Rows; pair += 2)
        {
            float* r0 = rows + (pair * width), r1 = r0 + width, p = queries, q = queries + width;
            Vector256<float> a00 = default, a01 = default, a10 = default, a11 = default, b00 = default, b01 = default, b10 = default, b11 = default;
            for (int i = 0; i < width; i += Lanes)
            {
                Vector256<float> x0 = Vector256.Load(r0 + i), x1 = Vector256.Load(r1 + i), p0 = Vector256.Load(p + i), q0 = Vector256.Load(q + i);
                a00 = Vector256.MultiplyAddEstimate(x0, p0, a00);
                a01 = Vector256.MultiplyAddEstimate(x1, p0, a01);
                a10 = Vector256.MultiplyAddEstimate(x0, q0, a10);
                a11 = Vector256.MultiplyAddEstimate(x1, q0, a11);
                (x0, x1, p0, q0) = (Vector256.Load(r0 + i + 8), Vector256.Load(r1 + i + 8), Vector256.Load(p + i + 8), Vector256.Load(q + i + 8));
                b00 = Vector256.MultiplyAddEstimate(x0, p0, b00);
                b01 = Vector256.MultiplyAddEstimate(x1, p0, b01);
                b10 = Vector256.MultiplyAddEstimate(x0, q0, b10);
                b11 = Vector256.MultiplyAddEstimate(x1, q0, b11);
            }
            (products[pair], products[pair + 1]) = (Vector256.Sum(a00 + b00), Vector256.Sum(a01 + b01));
            (products[4 + pair], products[5 + pair]) = (Vector256.Sum(a10 + b10), Vector256.Sum(a11 + b11));
        }
    }
}
