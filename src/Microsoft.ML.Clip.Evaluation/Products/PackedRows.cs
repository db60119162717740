using System.Numerics.Tensors;

namespace Microsoft.ML.Clip;

/// <summary>
/// Vectors that many others are multiplied with, laid out for the product of matrices (<see cref="MatrixKernel"/>). Each product is summed value by value,
/// from the first on, wherever its two vectors stand, so that equal vectors give equal products, to the last bit. Immutable and thread-safe.
/// </summary>
internal sealed unsafe class PackedRows
{
    // A panel holds its vectors' first values side by side, then their second ones.
    private const int PanelWidth = MatrixKernel.PanelWidth;

    // Where a vector of 512 bits may lie in one line of the cache.
    private const int Alignment = 64;

    private readonly float[] _values;
    private readonly int _start;

    /// <param name="rows">[count, dimension], row-major.</param>
    /// <param name="dimension">The length of a vector; at least 1.</param>
    public PackedRows(ReadOnlySpan<float> rows, int dimension)
    {
        (Dimension, Count) = (dimension, rows.Length / dimension);
        Width = MatrixKernel.Pad(Count);
        // It never moves, as the kernel has a pointer to it.
        _values = GC.AllocateArray<float>(checked((Width * dimension) + (Alignment / sizeof(float))), pinned: true);
        _start = (int)((Alignment - ((nint)Pointer(0) % Alignment)) % Alignment / sizeof(float));
        for (int row = 0; row < Count; row++)
        {
            int panel = row / PanelWidth * PanelWidth, width = PanelAt(panel);
            int to = _start + (panel * dimension) + (row - panel);
            foreach (float value in rows.Slice(row * dimension, dimension))
            {
                _values[to] = value;
                to += width;
            }
        }
    }

    /// <summary>How many vectors there are.</summary>
    public int Count { get; }

    /// <summary>The length of each.</summary>
    public int Dimension { get; }

    /// <summary>How many products a row has: <see cref="Count"/>, and up to the next multiple of 16 zeros.</summary>
    public int Width { get; }

    /// <summary>The rows of a matrix, at unit length.</summary>
    /// <exception cref="ArgumentException">The values are no rows, or one has no direction; the message has its place.</exception>
    public static float[] Normalize(ReadOnlySpan<float> rows, int dimension, string name)
    {
        if (rows.IsEmpty || rows.Length % dimension != 0)
        {
            throw new ArgumentException($"There are {rows.Length} values; expected rows of {dimension}, at least one.", name);
        }
        float[] unit = rows.ToArray();
        for (int i = 0; i < unit.Length / dimension; i++)
        {
            var row = unit.AsSpan(i * dimension, dimension);
            if (Direction.ToUnit(row, row) is { } norm)
            {
                throw new ArgumentException($"{name}[{i}] has no direction: its norm is {norm}.", name);
            }
        }
        return unit;
    }

    /// <summary>Multiplies rows with some of the vectors.</summary>
    /// <param name="rows">[m, <see cref="Dimension"/>], row-major.</param>
    /// <param name="first">The first of the vectors, a multiple of 32.</param>
    /// <param name="width">How many, a multiple of 16; those behind the last give 0.</param>
    /// <param name="products">[m, <paramref name="width"/>]: receives the products.</param>
    public void Multiply(ReadOnlySpan<float> rows, int first, int width, Span<float> products)
    {
        fixed (float* a = rows, c = products)
        {
            for (int n = 0; n < width; n += PanelWidth)
            {
                int columns = Math.Min(PanelAt(first + n), width - n);
                MatrixKernel.MultiplyPanel(a, Dimension, 1, Pointer(_start + ((first + n) * Dimension)), PanelAt(first + n), c + n, width,
                    rows.Length / Dimension, columns, Dimension, accumulate: false);
            }
        }
    }

    /// <summary>The product of a row with one of the vectors, as <see cref="Multiply"/> sums it.</summary>
    public float One(ReadOnlySpan<float> row, int vector)
    {
        float* products = stackalloc float[PanelWidth];
        int panel = vector / PanelWidth * PanelWidth, width = PanelAt(panel);
        fixed (float* a = row)
        {
            MatrixKernel.MultiplyPanel(a, Dimension, 1, Pointer(_start + (panel * Dimension)), width, products, width, 1, width, Dimension, accumulate: false);
        }
        return products[vector - panel];
    }

    private int PanelAt(int first) => Math.Min(PanelWidth, Width - first);

    private float* Pointer(int index) => (float*)System.Runtime.InteropServices.Marshal.UnsafeAddrOfPinnedArrayElement(_values, index);
}
