using SkiaSharp;

namespace Microsoft.ML.Clip;

/// <summary>
/// A JPEG decoded a few rows at a time, as the resampler asks for them. A photograph of 12 megapixels then takes a quarter of a megabyte and not 48, and
/// its pixels are still in the cache when they are used.
/// </summary>
internal sealed unsafe class ScanlineRows : PixelRows
{
    private const int RowsAtOnce = 16;

    private readonly SKCodec _codec;
    private readonly SKImageInfo _info;
    private readonly PixelMemory _rows;
    private int _first;
    private int _next;

    /// <summary>Starts decoding, and takes over the codec.</summary>
    /// <param name="codec">The codec; disposed with the rows, not if this constructor throws.</param>
    /// <param name="size">The size to decode at, one that the codec supports.</param>
    public ScanlineRows(SKCodec codec, SKSizeI size)
        : base(size.Width, size.Height)
    {
        (_codec, _info) = (codec, ImageDecoder.PixelFormat(size));
        ImageDecoder.RequireSuccess(codec.StartScanlineDecode(_info), _info);
        _rows = new PixelMemory((long)RowsAtOnce * _info.RowBytes);
    }

    public override ReadOnlySpan<byte> Row(int index)
    {
        while (index >= _next)
        {
            Read();
        }
        return new ReadOnlySpan<byte>(_rows.Pointer + ((index - _first) * _info.RowBytes), _info.RowBytes);
    }

    public override void Complete()
    {
        while (_next < Height)
        {
            Read();
        }
    }

    public override void Dispose()
    {
        _rows.Dispose();
        _codec.Dispose();
    }

    private void Read()
    {
        int count = Math.Min(RowsAtOnce, Height - _next);
        int read = _codec.GetScanlines((nint)_rows.Pointer, count, _info.RowBytes);
        if (read < count)
        {
            throw new ClipImageException($"The image is truncated or damaged: {_next + read} of its {Height} rows of pixels could be decoded.");
        }
        (_first, _next) = (_next, _next + count);
    }
}
