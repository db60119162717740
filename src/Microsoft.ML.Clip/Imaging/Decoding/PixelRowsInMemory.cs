namespace Microsoft.ML.Clip;

/// <summary>An image that lies in memory as a whole.</summary>
internal sealed unsafe class PixelRowsInMemory : PixelRows
{
    private readonly byte* _pixels;
    private readonly PixelMemory? _owned;

    /// <summary>Wraps memory that somebody else keeps alive.</summary>
    public PixelRowsInMemory(byte* pixels, int width, int height)
        : base(width, height) => _pixels = pixels;

    /// <summary>Takes over a block of memory, and gives it back when disposed.</summary>
    public PixelRowsInMemory(PixelMemory pixels, int width, int height)
        : this(pixels.Pointer, width, height) => _owned = pixels;

    public override ReadOnlySpan<byte> Row(int index)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)index, (uint)Height);
        int rowBytes = Width * ImageResizer.Channels;
        return new ReadOnlySpan<byte>(_pixels + ((long)index * rowBytes), rowBytes);
    }

    public override void Dispose() => _owned?.Dispose();
}
