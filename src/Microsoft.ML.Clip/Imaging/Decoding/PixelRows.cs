namespace Microsoft.ML.Clip;

/// <summary>
/// A decoded image, whose rows are asked for from top to bottom. Rows have four bytes a pixel; a decoder that can work row by row never holds
/// more than a few. Not thread-safe.
/// </summary>
internal abstract class PixelRows : IDisposable
{
    protected PixelRows(int width, int height) => (Width, Height) = (OriginalWidth, OriginalHeight) = (width, height);

    /// <summary>Pixels of a row.</summary>
    public int Width { get; }

    /// <summary>Number of rows.</summary>
    public int Height { get; }

    /// <summary>The width that the file states; larger than <see cref="Width"/> if the image was decoded at reduced size.</summary>
    public int OriginalWidth { get; init; }

    /// <summary>The height that the file states.</summary>
    public int OriginalHeight { get; init; }

    /// <summary>Whether the bytes of a pixel are B, G, R, A and not R, G, B, A.</summary>
    public bool BlueFirst { get; init; }

    /// <summary>What the fourth byte means.</summary>
    public AlphaKind Alpha { get; init; }

    /// <summary>Whether the image is made of palette indices or of single bits, which Pillow resizes with nearest neighbour only.</summary>
    public bool IsIndexed { get; init; }

    /// <summary>
    /// Promises that only columns <paramref name="start"/> to <paramref name="end"/> - 1 will be looked at, so that a decoder that can may leave the others out: what
    /// rows hold there then is undefined. To be called before the first row is asked for.
    /// </summary>
    public virtual void Need(int start, int end)
    {
    }

    /// <summary>A row; valid until the next is asked for. Rows may be skipped but not asked for again.</summary>
    public abstract ReadOnlySpan<byte> Row(int index);

    /// <summary>Reads what is left, so that damage beyond the last row that was needed does not go unnoticed.</summary>
    /// <exception cref="ClipImageException">The file is damaged or ends early.</exception>
    public virtual void Complete()
    {
    }

    public virtual void Dispose()
    {
    }
}

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

    public override void Dispose()
    {
        _owned?.Dispose();
        base.Dispose();
    }
}
