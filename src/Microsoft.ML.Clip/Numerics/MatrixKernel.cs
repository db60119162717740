using System.Diagnostics;
using System.Runtime.Intrinsics;

namespace Microsoft.ML.Clip;

/// <summary>
/// The one matrix product that the linear probe is made of, in float32: C (+)= A B, where A is read through strides (so that it may be a
/// transpose), B and C row by row.
/// </summary>
/// <remarks>
/// A tile of C stays in registers while the sum runs: each step loads one or two vectors of a row of B and multiplies them with one broadcast
/// value of each row of A. Matrices are padded so that rows of B and C have multiples of <see cref="Lanes"/> values; there are no column tails.
/// Rows that are left over in the last tile repeat its last row and are not stored. Which instructions are used is a property of the processor
/// (and of the DOTNET_EnableAVX512 and DOTNET_EnableAVX2 switches): 512 bits, else 256, which the compiler splits in two where there are only 128.
/// Like the other loops of a fit, the kernels are compiled with full optimisation at once: many programs fit once, and would do half of it in code
/// that was compiled in haste.
/// </remarks>
internal static unsafe partial class MatrixKernel
{
    /// <summary>Columns come in multiples of this: one vector of 512 bits.</summary>
    public const int Lanes = 16;

    /// <summary>The columns of a full panel, for which B's rows should lie close together.</summary>
    public const int PanelWidth = 2 * Lanes;

    /// <summary>For the tests: the narrower vectors even where wider ones are there.</summary>
    [ThreadStatic]
    internal static bool ForceNarrow;

    /// <summary>
    /// C[m, n] = (accumulate ? C[m, n] : 0) + sum over p of A[m, p] B[p, n], for one panel of columns.
    /// </summary>
    /// <param name="a">A, <paramref name="rows"/> x <paramref name="depth"/>: A[m, p] = a[m * aRow + p * aStep].</param>
    /// <param name="aRow">The distance between rows of A.</param>
    /// <param name="aStep">The distance between neighbours in a row of A.</param>
    /// <param name="b">B, <paramref name="depth"/> x <paramref name="columns"/>: B[p, n] = b[p * bRow + n].</param>
    /// <param name="bRow">The distance between rows of B.</param>
    /// <param name="c">C, <paramref name="rows"/> x <paramref name="columns"/>: C[m, n] = c[m * cRow + n].</param>
    /// <param name="cRow">The distance between rows of C.</param>
    /// <param name="rows">The rows of A and C.</param>
    /// <param name="columns">The columns of B and C: <see cref="Lanes"/> or <see cref="PanelWidth"/>.</param>
    /// <param name="depth">The columns of A and rows of B.</param>
    /// <param name="accumulate">Whether to add to C instead of overwriting it.</param>
    public static void MultiplyPanel(float* a, nint aRow, nint aStep, float* b, nint bRow, float* c, nint cRow, int rows, int columns, int depth,
        bool accumulate)
    {
        Debug.Assert(columns is Lanes or PanelWidth);
        if (Vector512.IsHardwareAccelerated && !ForceNarrow)
        {
            if (columns == PanelWidth)
            {
                Panel32Of512(a, aRow, aStep, b, bRow, c, cRow, rows, depth, accumulate);
            }
            else
            {
                Panel16Of512(a, aRow, aStep, b, bRow, c, cRow, rows, depth, accumulate);
            }
            return;
        }
        Panel16Of256(a, aRow, aStep, b, bRow, c, cRow, rows, depth, accumulate);
        if (columns == PanelWidth)
        {
            Panel16Of256(a, aRow, aStep, b + Lanes, bRow, c + Lanes, cRow, rows, depth, accumulate);
        }
    }

    /// <summary>C (+)= A B for any number of columns that is a multiple of <see cref="Lanes"/>; see <see cref="MultiplyPanel"/>.</summary>
    public static void Multiply(float* a, nint aRow, nint aStep, float* b, nint bRow, float* c, nint cRow, int rows, int columns, int depth, bool accumulate)
    {
        for (int n = 0; n < columns; n += PanelWidth)
        {
            MultiplyPanel(a, aRow, aStep, b + n, bRow, c + n, cRow, rows, Math.Min(PanelWidth, columns - n), depth, accumulate);
        }
    }

    /// <summary>The width to which <paramref name="columns"/> values are padded.</summary>
    public static int Pad(int columns) => (columns + Lanes - 1) / Lanes * Lanes;
}
