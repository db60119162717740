namespace Microsoft.ML.Clip;

/// <summary>
/// The first pass of a resize, made as the second asks for it: holds the rows, already resized, that lie under the second pass's taps. So the memory
/// that a resize takes depends on the reach of the taps and not on the height of the image, and is read again while it is still in the cache.
/// </summary>
internal sealed class ResizedRowWindow : IDisposable
{
    // Rows kept beyond those needed, so that moving the window to the start of its memory is rare.
    private const int Slack = 32;

    private readonly PixelRows _source;
    private readonly ResampleWeights _columns;
    private readonly PixelMemory _memory;
    private readonly PixelMemory? _converted;
    private readonly AlphaConversion _conversion;
    private readonly int _rowBytes;
    private readonly int _capacity;
    private int _first;
    private int _next;

    public ResizedRowWindow(PixelRows source, ResampleWeights columns, int rowsNeeded, AlphaConversion conversion)
    {
        (_source, _columns, _conversion) = (source, columns, conversion);
        _rowBytes = columns.Length * ImageResizer.Channels;
        _capacity = Math.Min(source.Height, rowsNeeded + Math.Max(Slack, rowsNeeded));
        _memory = new PixelMemory((long)_capacity * _rowBytes);
        _converted = conversion == AlphaConversion.None ? null : new PixelMemory((long)source.Width * ImageResizer.Channels);
    }

    /// <summary>Rows <paramref name="start"/> to <paramref name="start"/> + <paramref name="count"/> - 1, one after the other.</summary>
    /// <remarks>Starts must not decrease from call to call.</remarks>
    public ReadOnlySpan<byte> Rows(int start, int count)
    {
        if (start >= _next)
        {
            (_first, _next) = (start, start);
        }
        while (_next < start + count)
        {
            if (_next - _first == _capacity)
            {
                MoveToFront(start);
            }
            Append();
        }
        return _memory.Span.Slice((start - _first) * _rowBytes, count * _rowBytes);
    }

    public void Dispose()
    {
        _memory.Dispose();
        _converted?.Dispose();
    }

    private void MoveToFront(int start)
    {
        _memory.Span[((start - _first) * _rowBytes)..].CopyTo(_memory.Span);
        _first = start;
    }

    private void Append()
    {
        var row = _source.Row(_next);
        if (_converted is not null)
        {
            Convert(row, _converted.Span);
            row = _converted.Span;
        }
        ImageResizer.ResizeRow(row, _memory.Span.Slice((_next - _first) * _rowBytes, _rowBytes), _columns);
        _next++;
    }

    private void Convert(ReadOnlySpan<byte> row, Span<byte> converted)
    {
        if (_conversion == AlphaConversion.Premultiply)
        {
            AlphaMath.Premultiply(row, converted);
        }
        else
        {
            AlphaMath.UnpremultiplyRounded(row, converted);
        }
    }
}
