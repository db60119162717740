using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Microsoft.ML.Clip;

// 256-bit vectors. 16 columns: 6 rows x 2 vectors = 12 sums, two vectors of B and one broadcast value fill 15 of the 16 registers.
internal static unsafe partial class MatrixKernel
{
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Panel16Of256(float* a, nint aRow, nint aStep, float* b, nint bRow, float* c, nint cRow, int rows, int depth, bool accumulate)
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
            Vector256<float> c0x = default, c0y = default, c1x = default, c1y = default;
            Vector256<float> c2x = default, c2y = default, c3x = default, c3y = default;
            Vector256<float> c4x = default, c4y = default, c5x = default, c5y = default;
            float* bp = b;
            nint step = 0;
            for (int p = 0; p < depth; p++, bp += bRow, step += aStep)
            {
                var x = Vector256.Load(bp);
                var y = Vector256.Load(bp + 8);
                Vector256<float> w;
                w = Vector256.Create(a0[step]);
                c0x = Vector256.MultiplyAddEstimate(w, x, c0x);
                c0y = Vector256.MultiplyAddEstimate(w, y, c0y);
                w = Vector256.Create(a1[step]);
                c1x = Vector256.MultiplyAddEstimate(w, x, c1x);
                c1y = Vector256.MultiplyAddEstimate(w, y, c1y);
                w = Vector256.Create(a2[step]);
                c2x = Vector256.MultiplyAddEstimate(w, x, c2x);
                c2y = Vector256.MultiplyAddEstimate(w, y, c2y);
                w = Vector256.Create(a3[step]);
                c3x = Vector256.MultiplyAddEstimate(w, x, c3x);
                c3y = Vector256.MultiplyAddEstimate(w, y, c3y);
                w = Vector256.Create(a4[step]);
                c4x = Vector256.MultiplyAddEstimate(w, x, c4x);
                c4y = Vector256.MultiplyAddEstimate(w, y, c4y);
                w = Vector256.Create(a5[step]);
                c5x = Vector256.MultiplyAddEstimate(w, x, c5x);
                c5y = Vector256.MultiplyAddEstimate(w, y, c5y);
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

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Store(float* c, Vector256<float> x, Vector256<float> y, bool accumulate)
    {
        if (accumulate)
        {
            x += Vector256.Load(c);
            y += Vector256.Load(c + 8);
        }
        x.Store(c);
        y.Store(c + 8);
    }
}
