using SkiaSharp;

namespace Microsoft.ML.Clip;

/// <summary>
/// Stands between the library and a <see cref="ClipImageDecoder"/>, of which nothing is believed: whatever it throws or gives ends as pixels or as a
/// <see cref="ClipImageException"/>. Thread-safe so far as the decoder is.
/// </summary>
/// <param name="decoder">The application's decoder.</param>
/// <param name="maximumPixels">The largest size.</param>
/// <param name="budget">The memory that it shares with others.</param>
/// <param name="requirePixels">Throws if a size is none, or too large.</param>
internal sealed class UserDecoder(ClipImageDecoder decoder, long maximumPixels, DecodingBudget budget, Action<int, int, string> requirePixels)
{
    /// <summary>Whether the decoder wants a file.</summary>
    /// <exception cref="ClipImageException">It failed to say so.</exception>
    public bool Takes(HeaderBytes file)
    {
        if (file.Length == 0)
        {
            return false;
        }
        string? format = ImageKinds.NameOf(file.Start, out bool isBuiltIn);
        try
        {
            return decoder.Decodes(format, isBuiltIn);
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            throw Failed(format, e);
        }
    }

    /// <summary>Takes the memory for a file that is read here, so that it can be read; the rest is known by <see cref="Measure"/>.</summary>
    public DecodingLease ReserveFile(long length, CancellationToken cancellation) => length <= Math.Min(budget.Limit, Array.MaxLength - 1)
        ? budget.Take(length, cancellation) : throw TooLarge($"The image file of {length} bytes needs as much memory to be read");

    /// <summary>What decoding takes, beside the file.</summary>
    /// <param name="file">The file.</param>
    /// <param name="counted">How many of its bytes are counted.</param>
    /// <param name="cancellation">Handed on.</param>
    /// <exception cref="ClipImageException">The size is none or too large, or the decoder failed.</exception>
    public Needs Measure(ReadOnlySpan<byte> file, long counted, CancellationToken cancellation)
    {
        string? format = ImageKinds.NameOf(file, out _);
        (int Width, int Height)? size;
        long perPixel;
        try
        {
            size = decoder.ReadSize(Ask(file, format, 0, cancellation));
            perPixel = decoder.BytesPerPixel;
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            throw Failed(format, e);
        }
        if (perPixel < 0)
        {
            throw new ClipImageException($"The decoder {decoder.GetType().Name} claims {perPixel} bytes per pixel.");
        }
        if (size is not { Width: var width, Height: var height })
        {
            return new Needs(null, budget.Limit - counted);
        }
        requirePixels(width, height, "header");
        long bytes = (perPixel + ImageResizer.Channels) * width * height;
        return bytes + counted <= budget.Limit ? new Needs(size, bytes)
            : throw TooLarge($"The image of {width} x {height} pixels needs {bytes + counted} bytes of memory to be decoded by {decoder.GetType().Name}");
    }

    /// <summary>Waits for memory.</summary>
    public DecodingLease Reserve(long bytes, CancellationToken cancellation) => budget.Take(bytes, cancellation);

    /// <summary>Decodes a file into pixels of the library's own.</summary>
    /// <param name="file">The file.</param>
    /// <param name="needs">What was measured, and is reserved.</param>
    /// <param name="turns">Asked, with an orientation that is not upright, whether the picture is to be turned.</param>
    /// <param name="cancellation">Handed on.</param>
    /// <exception cref="ClipImageException">The decoder failed, or what it gave cannot be used.</exception>
    public PixelRowsInMemory Decode(ReadOnlySpan<byte> file, Needs needs, Func<bool> turns, CancellationToken cancellation)
    {
        string? format = ImageKinds.NameOf(file, out _);
        long copy = ImageResizer.Channels * (needs.Size is { } size ? (long)size.Width * size.Height : 0);
        ClipDecodedImage? image = null;
        try
        {
            image = decoder.Decode(Ask(file, format, needs.Bytes - copy, cancellation));
            var result = Copy(image, needs, turns);
            try
            {
                Release(ref image);
                return result;
            }
            catch
            {
                result.Dispose();
                throw;
            }
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            throw Failed(format, e);
        }
        finally
        {
            ReleaseQuietly(image);
        }
    }

    private PixelRowsInMemory Copy(ClipDecodedImage? image, Needs needs, Func<bool> turns)
    {
        if (image is null)
        {
            throw Unusable("gave nothing (null)");
        }
        (int width, int height) = (image.Width, image.Height);
        requirePixels(width, height, "decoder");
        if (needs.Size is { } said && said != (width, height) && said != (height, width))
        {
            throw Unusable($"gave {width} x {height} pixels, but had read a size of {said.Width} x {said.Height}");
        }
        if (image.Orientation is < 1 or > 8)
        {
            throw Unusable($"gave the EXIF orientation {image.Orientation}; expected 1 to 8");
        }
        long rowBytes = (long)width * (image.HasAlpha ? 4 : 3), stride = image.Stride ?? rowBytes;
        if (stride < rowBytes)
        {
            throw Unusable($"gave a stride of {stride} bytes; a row of {width} pixels has {rowBytes}");
        }
        // The memory may be of a class of the application's own, so it is looked at once, and this span is what has the bounds.
        var pixels = image.Pixels.Span;
        long expected = (stride * (height - 1)) + rowBytes;
        if (pixels.Length < expected)
        {
            throw Unusable($"gave {pixels.Length} bytes for {width} x {height} pixels with a stride of {stride}; expected at least {expected}");
        }
        long held = pixels.Length + ((long)ImageResizer.Channels * width * height);
        if (held > needs.Bytes)
        {
            throw TooLarge($"The image of {width} x {height} pixels, decoded by {decoder.GetType().Name}, needs {held} bytes of memory, and {needs.Bytes} were set aside");
        }
        var origin = image.Orientation == 1 || !turns() ? SKEncodedOrigin.TopLeft : (SKEncodedOrigin)image.Orientation;
        return Copy(pixels, width, height, stride, image.HasAlpha, origin);
    }

    private static unsafe PixelRowsInMemory Copy(ReadOnlySpan<byte> pixels, int width, int height, long stride, bool hasAlpha, SKEncodedOrigin origin)
    {
        fixed (byte* start = pixels)
        {
            using var rows = new StridedRows(start, width, height, stride, hasAlpha) { Alpha = hasAlpha ? AlphaKind.Straight : AlphaKind.None };
            return ExifOrientation.Apply(rows, origin);
        }
    }

    private ClipEncodedImage Ask(ReadOnlySpan<byte> file, string? format, long memory, CancellationToken cancellation) =>
        new() { Bytes = file, Format = format, MaximumPixels = maximumPixels, MaximumMemory = memory, CancellationToken = cancellation };

    private static void Release(ref ClipDecodedImage? image)
    {
        var owner = image?.Owner;
        image = null;
        owner?.Dispose();
    }

    // On the way out of another error, which is the one to be told.
    private static void ReleaseQuietly(ClipDecodedImage? image)
    {
        try
        {
            image?.Owner?.Dispose();
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
        }
    }

    private ClipImageException Unusable(string what) => new($"The decoder {decoder.GetType().Name} {what}.");

    private ClipImageException TooLarge(string needs) => new($"{needs}; the limit, {nameof(ClipImagePreprocessorOptions)}."
        + $"{nameof(ClipImagePreprocessorOptions.MaximumDecodingMemory)}, is {budget.Limit}.");

    // An error that the checks above, or the decoder itself, put into words stays as it is.
    private ClipImageException Failed(string? format, Exception e) => e as ClipImageException
        ?? new($"The decoder {decoder.GetType().Name} failed on the image ({format ?? "of an unknown format"}): {e.GetType().Name}: {e.Message}", e);

    /// <summary>What an image takes beside its file.</summary>
    /// <param name="Size">Width and height, if the decoder told.</param>
    /// <param name="Bytes">The memory: the decoder's and the copy's.</param>
    internal readonly record struct Needs((int Width, int Height)? Size, long Bytes);

    // Rows of three or four bytes a pixel that lie some way from each other.
    private sealed unsafe class StridedRows(byte* pixels, int width, int height, long stride, bool hasAlpha) : PixelRows(width, height)
    {
        private readonly byte[] _row = hasAlpha ? [] : new byte[width * ImageResizer.Channels];

        public override ReadOnlySpan<byte> Row(int index)
        {
            byte* from = pixels + (index * stride);
            if (hasAlpha)
            {
                return new ReadOnlySpan<byte>(from, Width * ImageResizer.Channels);
            }
            for (int x = 0; x < Width; x++)
            {
                _row[4 * x] = from[3 * x];
                _row[(4 * x) + 1] = from[(3 * x) + 1];
                _row[(4 * x) + 2] = from[(3 * x) + 2];
                _row[(4 * x) + 3] = byte.MaxValue;
            }
            return _row;
        }
    }
}
