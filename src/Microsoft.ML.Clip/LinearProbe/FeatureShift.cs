using System.Numerics.Tensors;

namespace Microsoft.ML.Clip;

/// <summary>
/// Moves features towards zero while they are read: subtracts from every row the mean of the first few hundred. The biases absorb the shift, so any
/// vector would do; one near the mean keeps float32 sums small, and costs no pass over the rows of its own.
/// </summary>
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
        foreach (var (buffer, start) in _first)
        {
            var row = buffer.Span.Slice(start, dimension);
            for (int i = 0; i < dimension; i++)
            {
                sum[i] += row[i];
            }
        }
        _offset = [.. sum.Select(s => (float)(s / Math.Max(1, _first.Count)))];
        foreach (var (buffer, start) in _first)
        {
            Subtract(buffer, start);
        }
        _first.Clear();
        return _offset;
    }

    private void Subtract(FloatBuffer buffer, int start)
    {
        var row = buffer.Span.Slice(start, dimension);
        TensorPrimitives.Subtract(row, _offset!, row);
    }
}
