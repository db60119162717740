using System.Numerics.Tensors;

namespace Microsoft.ML.Clip;

/// <summary>
/// What is kept of the values that a tensor took: for each channel (place of the last axis) smallest, largest and mean square, and some whole rows.
/// </summary>
internal sealed class ActivationStatistics(int width, ulong seed)
{
    /// <summary>How many rows are kept.</summary>
    public const int KeptRows = 256;

    private readonly List<float[]> _rows = [];
    private SplitMix64 _random = new(seed);

    public int Width => width;

    /// <summary>The smallest value of each channel, 0 included.</summary>
    public float[] Smallest { get; } = new float[width];

    /// <summary>The largest value of each channel, 0 included.</summary>
    public float[] Largest { get; } = new float[width];

    /// <summary>The sum of the squares of each channel.</summary>
    public double[] Squares { get; } = new double[width];

    /// <summary>How many rows were seen.</summary>
    public long Count { get; private set; }

    /// <summary>Rows drawn from all, each as likely as another.</summary>
    public IReadOnlyList<float[]> Rows => _rows;

    /// <summary>Takes in rows of values.</summary>
    /// <exception cref="InvalidDataException">A value is not a number.</exception>
    public void Add(ReadOnlySpan<float> values)
    {
        for (int start = 0; start + width <= values.Length; start += width)
        {
            var row = values.Slice(start, width);
            // NaN and infinities spread over a sum.
            if (!float.IsFinite(TensorPrimitives.SumOfMagnitudes(row)))
            {
                throw new InvalidDataException("it is not a number everywhere on the calibration inputs");
            }
            TensorPrimitives.Min(Smallest, row, Smallest);
            TensorPrimitives.Max(Largest, row, Largest);
            for (int i = 0; i < row.Length; i++)
            {
                Squares[i] += (double)row[i] * row[i];
            }
            Keep(row);
        }
    }

    /// <summary>The largest magnitude of each channel.</summary>
    public float[] Magnitudes()
    {
        float[] magnitudes = new float[width];
        for (int i = 0; i < width; i++)
        {
            magnitudes[i] = Math.Max(-Smallest[i], Largest[i]);
        }
        return magnitudes;
    }

    // Vitter's reservoir (1985, algorithm R).
    private void Keep(ReadOnlySpan<float> row)
    {
        Count++;
        if (_rows.Count < KeptRows)
        {
            _rows.Add(row.ToArray());
            return;
        }
        ulong place = _random.Next() % (ulong)Count;
        if (place < KeptRows)
        {
            row.CopyTo(_rows[(int)place]);
        }
    }
}
