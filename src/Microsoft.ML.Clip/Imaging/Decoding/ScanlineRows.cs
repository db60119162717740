using SkiaSharp;

namespace Microsoft.ML.Clip;

/// <summary>
/// A JPEG decoded a few rows at a time, as the resampler asks for them. A photograph of 12 megapixels then takes a quarter of a megabyte and not 48, and
/// its pixels are still in the cache when they are used. Blocks of columns that the crop cuts off are read, as they have to be, but not turned into pixels.
/// </summary>
internal sealed unsafe class ScanlineRows : PixelRows
{
    private const int RowsAtOnce = 16;

    // The colour of a pixel comes from its own colour sample and the next one, which may be two pixels away ...
    private const int ColorReach = 2;

    // ... and decoding begins with a whole block, of 16 pixels where colour has half the resolution. (Where it has a quarter, the decoder copes.)
    private const int BlockWidth = 16;

    private readonly SKCodec _codec;
    private readonly SKImageInfo _info;
    private readonly PixelMemory _rows;
    private int _firstColumn;
    private bool _isStarted;
    private int _first;
    private int _next;

    /// <summary>Takes over the codec.</summary>
    /// <param name="codec">The codec; disposed with the rows.</param>
    /// <param name="size">The size to decode at, one that the codec supports.</param>
    public ScanlineRows(SKCodec codec, SKSizeI size)
        : base(size.Width, size.Height)
    {
        (_codec, _info) = (codec, ImageDecoder.PixelFormat(size));
        _rows = new PixelMemory((long)RowsAtOnce * _info.RowBytes);
    }

    public override void Need(int start, int end)
    {
        int left = Math.Max(0, start - ColorReach) / BlockWidth * BlockWidth, right = Math.Min(Width, end + ColorReach);
        if (right - left <= Width - BlockWidth)
        {
            // Told that memory is zero, the decoder does not fill rows that are missing. It would take their width from where SkiaSharp had the rectangle: on
            // the stack, long overwritten by then. Rows that are missing are an error anyway.
            Start(new SKCodecOptions(SKZeroInitialized.Yes, new SKRectI(left, 0, right, Height)));
            _firstColumn = left;
        }
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
        base.Dispose();
    }

    private void Start(SKCodecOptions options)
    {
        ImageDecoder.RequireSuccess(_codec.StartScanlineDecode(_info, options), _info);
        _isStarted = true;
    }

    private void Read()
    {
        if (!_isStarted)
        {
            Start(SKCodecOptions.Default);
        }
        int count = Math.Min(RowsAtOnce, Height - _next);
        int read = _codec.GetScanlines((nint)(_rows.Pointer + (_firstColumn * ImageResizer.Channels)), count, _info.RowBytes);
        if (read < count)
        {
            throw new ClipImageException($"The image is truncated or damaged: {_next + read} of its {Height} rows of pixels could be decoded.");
        }
        (_first, _next) = (_next, _next + count);
    }
}
