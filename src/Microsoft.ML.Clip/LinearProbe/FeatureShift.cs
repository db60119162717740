using System.Numerics.Tensors;

namespace Microsoft.ML.Clip;

/// <summary>
/// Moves features towards zero while they are read: subtracts from every row the mean of the first few hundred. The biases absorb the shift, so any
/// vector would do; one near the mean keeps float32 sums small, and costs no pass over the rows of its own.
/// </summary>
/// <remarks>
/// Moved are those values only that lie far from zero and near each other, all of them between half and twice their mean: there the difference of two
/// float32 numbers is exact (Sterbenz 1974). Elsewhere it would be rounded, which matters where rows or columns nearly depend on each other, and
/// where one outlier makes the mean.
/// </remarks>
internal sealed class FeatureShift(int dimension)
{
    private const int RowsToLookAt = 512;

    private readonly List<(FloatBuffer Buffer, int Start)> _first = [];
    private float[]? _offset;

    /// <summary>What is subtracted.</summary>
    public float[] Offset => _offset ?? Settle();

    /// <summary>Shifts the row that was added last.</summary>
    public void Apply(ProbeRows rows)
    {
        var block = rows.Blocks[^1];
        int start = (block.Count - 1) * rows.Stride;
        if (_offset is not null)
        {
            Subtract(block.Features, start);
        }
        else
        {
            _first.Add((block.Features, start));
            if (_first.Count == RowsToLookAt)
            {
                Settle();
            }
        }
    }

    private float[] Settle()
    {
        double[] sum = new double[dimension];
        float[] least = new float[dimension], most = new float[dimension];
        Array.Fill(least, float.PositiveInfinity);
        Array.Fill(most, float.NegativeInfinity);
        foreach (var (buffer, start) in _first)
        {
            var row = buffer.Span.Slice(start, dimension);
            for (int i = 0; i < dimension; i++)
            {
                sum[i] += row[i];
            }
            TensorPrimitives.Min(least, row, least);
            TensorPrimitives.Max(most, row, most);
        }
        _offset = [.. sum.Select((s, i) => Exact((float)(s / Math.Max(1, _first.Count)), least[i], most[i]))];
        foreach (var (buffer, start) in _first)
        {
            Subtract(buffer, start);
        }
        _first.Clear();
        return _offset;
    }

    private static float Exact(float mean, float least, float most)
    {
        var (near, far) = mean > 0 ? (least, most) : (-most, -least);
        return near >= MathF.Abs(mean) / 2 && far <= MathF.Abs(mean) * 2 ? mean : 0;
    }

    private void Subtract(FloatBuffer buffer, int start)
    {
        var row = buffer.Span.Slice(start, dimension);
        TensorPrimitives.Subtract(row, _offset!, row);
    }
}
