using System.Buffers.Binary;
using SkiaSharp;

namespace Microsoft.ML.Clip;

/// <summary>
/// Decodes files with SkiaSharp, the decoder that ML.NET brings, so that the pixels are those that Pillow gives: colours whole (not premultiplied),
/// colour profiles and gamma ignored, the first frame of an animation. Immutable and thread-safe.
/// </summary>
internal sealed unsafe class ImageDecoder
{
    // The decoder's own limit, which it does not name (libjpeg-turbo advises 500 for files from strangers): real files have about ten.
    private const int MaximumScans = 100;

    // How many scans a picture of the largest allowed size may have; smaller ones may have more.
    private const long ScansOfTheLargest = 20;

    // What a picture takes at the most by formats of which the header did not tell.
    private const int MostBytesPerPixel = 16;

    private readonly ClipImagePreprocessorOptions _options;
    private readonly ClipImagePreprocessorSettings _settings;
    private readonly DecodingBudget _budget;
    private readonly bool _isUpright;
    private long _turnsIgnored;

    /// <summary>Creates a decoder.</summary>
    /// <param name="options">What the caller chose.</param>
    /// <param name="settings">What the model says.</param>
    /// <param name="isUpright">Whether pictures are turned as EXIF says.</param>
    /// <param name="budget">The memory that it shares with others.</param>
    public ImageDecoder(ClipImagePreprocessorOptions options, ClipImagePreprocessorSettings settings, bool isUpright, DecodingBudget budget) =>
        (_options, _settings, _isUpright, _budget, User) = (options, settings, isUpright, budget,
            options.Decoder is { } decoder ? new UserDecoder(decoder, options.MaximumPixels, budget, RequirePixels) : null);

    /// <summary>The application's own decoder, if there is one.</summary>
    public UserDecoder? User { get; }

    /// <summary>Told how many pictures were not turned although EXIF says so: after the first, the tenth, the hundredth, ...</summary>
    public Action<long>? OnTurnsIgnored { get; set; }

    /// <summary>The largest file that is read into memory.</summary>
    public long MaximumFileLength => Math.Min(_budget.Limit, Array.MaxLength - 1);

    /// <summary>Looks at the header of an encoded image, and waits until there is the memory to decode it.</summary>
    /// <param name="file">The image.</param>
    /// <param name="countsFile">Whether its bytes are to be counted, too.</param>
    /// <param name="cancellation">Ends the waiting.</param>
    /// <returns>To be disposed when the image is decoded.</returns>
    /// <exception cref="ClipImageException">It is no image, or too large a one.</exception>
    public DecodingLease Reserve(HeaderBytes file, bool countsFile, CancellationToken cancellation)
    {
        if (file.Length == 0)
        {
            throw new ClipImageException("The image is empty: it has 0 bytes.");
        }
        var kind = ImageKinds.Of(file.Start) ?? throw NoImage(file.Start, file.Length);
        var header = ImageHeader.TryRead(file, kind);
        long bytes = countsFile ? file.Length : 0;
        if (header is { } known)
        {
            RequirePixels(known.Width, known.Height);
            bytes += known.DecoderBytes + (known.Pixels * OutputBytesPerPixel(known));
        }
        if (bytes > _budget.Limit || (countsFile && file.Length > MaximumFileLength))
        {
            string what = header is { } h ? $"The image of {h.Width} x {h.Height} pixels ({kind})" : $"The image ({kind})";
            throw TooLarge($"{what} needs {bytes} bytes of memory to be decoded, its {file.Length} bytes included");
        }
        var lease = _budget.Take(bytes, cancellation);
        lease.Header = header;
        return lease;
    }

    /// <summary>Opens an encoded image.</summary>
    /// <param name="file">The file's bytes, which must stay where they are until the result is disposed.</param>
    /// <param name="length">Their number.</param>
    /// <param name="lease">The memory that was reserved for it.</param>
    /// <exception cref="ClipImageException">The bytes are no image, or a truncated, damaged or too large one.</exception>
    public PixelRows Open(byte* file, int length, DecodingLease lease)
    {
        var bytes = new ReadOnlySpan<byte>(file, length);
        PixelMemory.RequireNative(lease.Bytes);
        var codec = OpenCodec(file, length);
        try
        {
            var info = codec.Info;
            RequirePixels(info.Width, info.Height);
            RequireAsStated(info, lease);
            RequireFewScans(bytes, lease);
            RequireWhole(bytes, codec.EncodedFormat);
            var mode = ImageModeReader.Read(bytes, codec.EncodedFormat, hasAlpha: !info.IsOpaque);
            var origin = codec.EncodedOrigin;
            if (origin != SKEncodedOrigin.TopLeft && !TurnsOrCounts())
            {
                origin = SKEncodedOrigin.TopLeft;
            }
            if (codec.EncodedFormat != SKEncodedImageFormat.Jpeg)
            {
                return DecodeWhole(bytes, codec, mode);
            }
            return origin == SKEncodedOrigin.TopLeft ? OpenRowByRow(ref codec!, info) : DecodeUpright(ref codec!, info, origin, lease);
        }
        finally
        {
            codec?.Dispose();
        }
    }

    private static SKCodec OpenCodec(byte* file, int length)
    {
        // The data is a view of the caller's bytes; the codec keeps the native object alive.
        using var data = SKData.Create((nint)file, length);
        if (SKCodec.Create(data) is { } codec)
        {
            return codec;
        }
        // Ask again in the form that gives a reason.
        using var none = SKCodec.Create(new SKMemoryStream(data), out var reason);
        var bytes = new ReadOnlySpan<byte>(file, length);
        if (reason == SKCodecResult.IncompleteInput)
        {
            throw new ClipImageException($"The image is truncated: its {length} bytes end before the picture begins.");
        }
        throw ImageKinds.Of(bytes) is { } kind
            ? new ClipImageException($"The {length} bytes begin as {kind}, but are damaged or of a kind that the decoder cannot read ({reason}).")
            : NoImage(bytes, length);
    }

    private static ClipImageException NoImage(ReadOnlySpan<byte> start, long length) =>
        new($"Expected an image ({ImageKinds.Known}), but the {length} bytes " + (ImageKinds.NameOfForeign(start) is { } name
            ? $"are {name}. Convert them, or give a {nameof(ClipImageDecoder)} that knows the format as "
                + $"{nameof(ClipImagePreprocessorOptions)}.{nameof(ClipImagePreprocessorOptions.Decoder)}, or pass the pixels as an MLImage."
            : $"start with {Describe(start)}."));

    // JPEGs are decoded row by row, into an upright picture where they are to be turned.
    private int OutputBytesPerPixel(ImageHeader header) => header.Kind != ImageKind.Jpeg || (_isUpright && header.IsTurned) ? ImageResizer.Channels : 0;

    private ClipImageException TooLarge(string needs) => new($"{needs}; the limit, {nameof(ClipImagePreprocessorOptions)}."
        + $"{nameof(ClipImagePreprocessorOptions.MaximumDecodingMemory)}, is {_budget.Limit}.");

    // The decoder may see a larger picture than the header's reader did, in files that contradict themselves. Who holds memory must not wait for more.
    private void RequireAsStated(SKImageInfo info, DecodingLease lease)
    {
        long pixels = (long)info.Width * info.Height, stated = lease.Header?.Pixels ?? 0;
        if (pixels > stated && !lease.TryTakeMore((pixels - stated) * MostBytesPerPixel))
        {
            throw TooLarge($"The image of {info.Width} x {info.Height} pixels needs up to {pixels * MostBytesPerPixel} bytes of memory to be decoded");
        }
    }

    // Every scan of a progressive JPEG goes over the whole picture, and costs a few bytes of file.
    private void RequireFewScans(ReadOnlySpan<byte> file, DecodingLease lease)
    {
        if (lease.Header is not { HasSeveralScans: true, Pixels: > 0 and var pixels })
        {
            return;
        }
        long limit = Math.Min(MaximumScans, Math.Max(1, ScansOfTheLargest * _options.MaximumPixels / pixels));
        if (JpegHeader.CountScans(file, limit) > limit)
        {
            throw new ClipImageException($"The JPEG of {pixels} pixels has more than {limit} scans: it would take long to decode and is not worth it.");
        }
    }

    private void RequirePixels(int width, int height, string source = "header")
    {
        long pixels = (long)width * height;
        if (width <= 0 || height <= 0)
        {
            throw new ClipImageException($"The image's {source} claims a size of {width} x {height} pixels.");
        }
        if (pixels > _options.MaximumPixels)
        {
            throw new ClipImageException(
                $"The image's {source} claims {width} x {height} = {pixels} pixels; the limit, {nameof(ClipImagePreprocessorOptions)}."
                + $"{nameof(ClipImagePreprocessorOptions.MaximumPixels)}, is {_options.MaximumPixels}.");
        }
    }

    private static void RequireWhole(ReadOnlySpan<byte> file, SKEncodedImageFormat format)
    {
        long stated = ContainerLength.Stated(file, format);
        if (stated > file.Length)
        {
            throw new ClipImageException($"The image is truncated: it has {file.Length} bytes, but by its header {stated}.");
        }
    }

    private PixelRows OpenRowByRow(ref SKCodec? codec, SKImageInfo info)
    {
        var size = _options.Decoding == ClipImageDecoding.Fast ? FastJpegSize.Choose(codec!, _settings) : info.Size;
        var rows = new ScanlineRows(codec!, size) { OriginalWidth = info.Width, OriginalHeight = info.Height };
        codec = null; // Now owned by the rows.
        return rows;
    }

    private PixelRowsInMemory DecodeUpright(ref SKCodec? codec, SKImageInfo info, SKEncodedOrigin origin, DecodingLease lease)
    {
        long bytes = (long)info.Width * info.Height * ImageResizer.Channels;
        if (lease.Header is not { IsTurned: true } && !lease.TryTakeMore(bytes))
        {
            throw TooLarge($"The image of {info.Width} x {info.Height} pixels needs {bytes} bytes of memory to be turned upright");
        }
        using var rows = OpenRowByRow(ref codec, info);
        return ExifOrientation.Apply(rows, origin);
    }

    /// <summary>Whether a picture that is not stored upright is to be turned. If not, it is counted.</summary>
    public bool TurnsOrCounts()
    {
        if (!_isUpright)
        {
            CountIgnoredTurn();
        }
        return _isUpright;
    }

    private void CountIgnoredTurn()
    {
        long count = Interlocked.Increment(ref _turnsIgnored);
        long power = 1;
        while (power < count)
        {
            power *= 10;
        }
        if (power == count)
        {
            OnTurnsIgnored?.Invoke(count);
        }
    }

    private PixelRowsInMemory DecodeWhole(ReadOnlySpan<byte> file, SKCodec codec, ImageMode mode)
    {
        var size = codec.Info.Size;
        bool isMasked = IconDecoder.IsNeeded(file, codec.EncodedFormat, size);
        var pixels = mode switch
        {
            _ when isMasked => IconDecoder.Decode(file, size),
            ImageMode.SixteenBitGray => SixteenBitGrayDecoder.Decode(file, size, _options.SixteenBitGray),
            ImageMode.Indexed when GifDecoder.IsNeeded(file, codec.EncodedFormat) => GifDecoder.Decode(file, size),
            _ => Decode(codec, size),
        };
        if (SixteenBitBmp.IsNeeded(file, codec.EncodedFormat))
        {
            SixteenBitBmp.Truncate(file, pixels.Span);
        }
        return new PixelRowsInMemory(pixels, size.Width, size.Height)
        {
            Alpha = mode == ImageMode.Alpha || isMasked ? AlphaKind.Straight : AlphaKind.None,
            IsIndexed = mode == ImageMode.Indexed,
        };
    }

    /// <summary>Decodes a changed copy of a file.</summary>
    internal static PixelMemory Decode(PixelMemory file, SKSizeI size)
    {
        using var codec = OpenCodec(file.Pointer, (int)file.Length);
        return Decode(codec, size);
    }

    private static PixelMemory Decode(SKCodec codec, SKSizeI size)
    {
        var info = PixelFormat(size);
        var pixels = new PixelMemory((long)info.RowBytes * info.Height);
        try
        {
            RequireSuccess(codec.GetPixels(info, (nint)pixels.Pointer), info);
            return pixels;
        }
        catch
        {
            pixels.Dispose();
            throw;
        }
    }

    // No colour space: the decoder then converts nothing.
    internal static SKImageInfo PixelFormat(SKSizeI size) => new(size.Width, size.Height, SKColorType.Rgba8888, SKAlphaType.Unpremul, colorspace: null);

    internal static void RequireSuccess(SKCodecResult result, SKImageInfo info)
    {
        if (result != SKCodecResult.Success)
        {
            throw new ClipImageException(result == SKCodecResult.IncompleteInput
                ? $"The image is truncated: the file ends before the last of its {info.Width} x {info.Height} pixels."
                : $"The image of {info.Width} x {info.Height} pixels is damaged or of a kind that the decoder cannot read ({result}).");
        }
    }

    private static string Describe(ReadOnlySpan<byte> bytes)
    {
        var start = bytes[..Math.Min(bytes.Length, 16)];
        bool isText = !start.ContainsAnyExceptInRange((byte)0x20, (byte)0x7E);
        return isText ? $"the text \"{System.Text.Encoding.ASCII.GetString(start)}\"" : Convert.ToHexString(start);
    }
}

/// <summary>
/// Files of parts, of which the decoder is content with those that are there: of an icon cut short it would give a smaller picture than the file
/// holds, of an animation the first frame. Pillow refuses both, and a file that lost its end is not to be trusted.
/// </summary>
internal static class ContainerLength
{
    private const int IconHeader = 6;
    private const int IconEntry = 16;

    /// <summary>The length that the file should have at least, by its own account; 0 if it gives none.</summary>
    public static long Stated(ReadOnlySpan<byte> file, SKEncodedImageFormat format) => format switch
    {
        SKEncodedImageFormat.Webp when file.Length >= 8 => 8L + BinaryPrimitives.ReadUInt32LittleEndian(file[4..]),
        SKEncodedImageFormat.Ico when file.Length >= IconHeader => OfIcon(file),
        _ => 0,
    };

    // The directory: a count, then 16 bytes for each picture, of which the last eight are its length and place.
    private static long OfIcon(ReadOnlySpan<byte> file)
    {
        int count = BinaryPrimitives.ReadUInt16LittleEndian(file[4..]);
        long end = IconHeader + ((long)count * IconEntry);
        for (int entry = IconHeader; entry + IconEntry <= file.Length && count > 0; entry += IconEntry, count--)
        {
            long length = BinaryPrimitives.ReadUInt32LittleEndian(file[(entry + 8)..]);
            end = Math.Max(end, length + BinaryPrimitives.ReadUInt32LittleEndian(file[(entry + 12)..]));
        }
        return end;
    }
}
