using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Microsoft.ML.Clip;

// 512-bit vectors. 32 columns: 6 rows x 2 vectors = 12 sums, enough to hide the latency of the multiply-adds (4 cycles, 2 a cycle), and 8 loads for
// 12 of them. 16 columns (few classes): 12 rows x 1 vector, for the same reason.
internal static unsafe partial class MatrixKernel
{
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Panel32Of512(float* a, nint aRow, nint aStep, float* b, nint bRow, float* c, nint cRow, int rows, int depth, bool accumulate)
    {
        for (int m = 0; m < rows; m += 6, a += 6 * aRow, c += 6 * cRow)
        {
            int last = Math.Min(6, rows - m) - 1;
            float* a0 = a;
            float* a1 = a + Math.Min(1, last) * aRow;
            float* a2 = a + Math.Min(2, last) * aRow;
            float* a3 = a + Math.Min(3, last) * aRow;
            float* a4 = a + Math.Min(4, last) * aRow;
            float* a5 = a + Math.Min(5, last) * aRow;
            Vector512<float> c0x = default, c0y = default, c1x = default, c1y = default;
            Vector512<float> c2x = default, c2y = default, c3x = default, c3y = default;
            Vector512<float> c4x = default, c4y = default, c5x = default, c5y = default;
            float* bp = b;
            nint step = 0;
            for (int p = 0; p < depth; p++, bp += bRow, step += aStep)
            {
                var x = Vector512.Load(bp);
                var y = Vector512.Load(bp + 16);
                Vector512<float> w;
                w = Vector512.Create(a0[step]);
                c0x = Vector512.MultiplyAddEstimate(w, x, c0x);
                c0y = Vector512.MultiplyAddEstimate(w, y, c0y);
                w = Vector512.Create(a1[step]);
                c1x = Vector512.MultiplyAddEstimate(w, x, c1x);
                c1y = Vector512.MultiplyAddEstimate(w, y, c1y);
                w = Vector512.Create(a2[step]);
                c2x = Vector512.MultiplyAddEstimate(w, x, c2x);
                c2y = Vector512.MultiplyAddEstimate(w, y, c2y);
                w = Vector512.Create(a3[step]);
                c3x = Vector512.MultiplyAddEstimate(w, x, c3x);
                c3y = Vector512.MultiplyAddEstimate(w, y, c3y);
                w = Vector512.Create(a4[step]);
                c4x = Vector512.MultiplyAddEstimate(w, x, c4x);
                c4y = Vector512.MultiplyAddEstimate(w, y, c4y);
                w = Vector512.Create(a5[step]);
                c5x = Vector512.MultiplyAddEstimate(w, x, c5x);
                c5y = Vector512.MultiplyAddEstimate(w, y, c5y);
            }
            Store(c, c0x, c0y, accumulate);
            if (last >= 1)
            {
                Store(c + 1 * cRow, c1x, c1y, accumulate);
            }
            if (last >= 2)
            {
                Store(c + 2 * cRow, c2x, c2y, accumulate);
            }
            if (last >= 3)
            {
                Store(c + 3 * cRow, c3x, c3y, accumulate);
            }
            if (last >= 4)
            {
                Store(c + 4 * cRow, c4x, c4y, accumulate);
            }
            if (last >= 5)
            {
                Store(c + 5 * cRow, c5x, c5y, accumulate);
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Panel16Of512(float* a, nint aRow, nint aStep, float* b, nint bRow, float* c, nint cRow, int rows, int depth, bool accumulate)
    {
        for (int m = 0; m < rows; m += 12, a += 12 * aRow, c += 12 * cRow)
        {
            int last = Math.Min(12, rows - m) - 1;
            float* a0 = a;
            float* a1 = a + Math.Min(1, last) * aRow;
            float* a2 = a + Math.Min(2, last) * aRow;
            float* a3 = a + Math.Min(3, last) * aRow;
            float* a4 = a + Math.Min(4, last) * aRow;
            float* a5 = a + Math.Min(5, last) * aRow;
            float* a6 = a + Math.Min(6, last) * aRow;
            float* a7 = a + Math.Min(7, last) * aRow;
            float* a8 = a + Math.Min(8, last) * aRow;
            float* a9 = a + Math.Min(9, last) * aRow;
            float* a10 = a + Math.Min(10, last) * aRow;
            float* a11 = a + Math.Min(11, last) * aRow;
            Vector512<float> c0x = default, c1x = default;
            Vector512<float> c2x = default, c3x = default;
            Vector512<float> c4x = default, c5x = default;
            Vector512<float> c6x = default, c7x = default;
            Vector512<float> c8x = default, c9x = default;
            Vector512<float> c10x = default, c11x = default;
            float* bp = b;
            nint step = 0;
            for (int p = 0; p < depth; p++, bp += bRow, step += aStep)
            {
                var x = Vector512.Load(bp);
                c0x = Vector512.MultiplyAddEstimate(Vector512.Create(a0[step]), x, c0x);
                c1x = Vector512.MultiplyAddEstimate(Vector512.Create(a1[step]), x, c1x);
                c2x = Vector512.MultiplyAddEstimate(Vector512.Create(a2[step]), x, c2x);
                c3x = Vector512.MultiplyAddEstimate(Vector512.Create(a3[step]), x, c3x);
                c4x = Vector512.MultiplyAddEstimate(Vector512.Create(a4[step]), x, c4x);
                c5x = Vector512.MultiplyAddEstimate(Vector512.Create(a5[step]), x, c5x);
                c6x = Vector512.MultiplyAddEstimate(Vector512.Create(a6[step]), x, c6x);
                c7x = Vector512.MultiplyAddEstimate(Vector512.Create(a7[step]), x, c7x);
                c8x = Vector512.MultiplyAddEstimate(Vector512.Create(a8[step]), x, c8x);
                c9x = Vector512.MultiplyAddEstimate(Vector512.Create(a9[step]), x, c9x);
                c10x = Vector512.MultiplyAddEstimate(Vector512.Create(a10[step]), x, c10x);
                c11x = Vector512.MultiplyAddEstimate(Vector512.Create(a11[step]), x, c11x);
            }
            Store(c, c0x, accumulate);
            if (last >= 1)
            {
                Store(c + 1 * cRow, c1x, accumulate);
            }
            if (last >= 2)
            {
                Store(c + 2 * cRow, c2x, accumulate);
            }
            if (last >= 3)
            {
                Store(c + 3 * cRow, c3x, accumulate);
            }
            if (last >= 4)
            {
                Store(c + 4 * cRow, c4x, accumulate);
            }
            if (last >= 5)
            {
                Store(c + 5 * cRow, c5x, accumulate);
            }
            if (last >= 6)
            {
                Store(c + 6 * cRow, c6x, accumulate);
            }
            if (last >= 7)
            {
                Store(c + 7 * cRow, c7x, accumulate);
            }
            if (last >= 8)
            {
                Store(c + 8 * cRow, c8x, accumulate);
            }
            if (last >= 9)
            {
                Store(c + 9 * cRow, c9x, accumulate);
            }
            if (last >= 10)
            {
                Store(c + 10 * cRow, c10x, accumulate);
            }
            if (last >= 11)
            {
                Store(c + 11 * cRow, c11x, accumulate);
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Store(float* c, Vector512<float> x, Vector512<float> y, bool accumulate)
    {
        if (accumulate)
        {
            x += Vector512.Load(c);
            y += Vector512.Load(c + 16);
        }
        x.Store(c);
        y.Store(c + 16);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Store(float* c, Vector512<float> x, bool accumulate)
    {
        if (accumulate)
        {
            x += Vector512.Load(c);
        }
        x.Store(c);
    }
}
