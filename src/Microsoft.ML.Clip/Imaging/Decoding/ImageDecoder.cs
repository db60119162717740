using System.Buffers.Binary;
using SkiaSharp;

namespace Microsoft.ML.Clip;

/// <summary>
/// Decodes files with SkiaSharp, the decoder that ML.NET brings, so that the pixels are those that Pillow gives: colours whole (not premultiplied),
/// colour profiles and gamma ignored, the first frame of an animation. Immutable and thread-safe.
/// </summary>
internal sealed unsafe class ImageDecoder
{
    private const string KnownFormats = "JPEG, PNG, GIF, WebP, BMP or ICO";

    private readonly ClipImagePreprocessorOptions _options;
    private readonly ClipImagePreprocessorSettings _settings;

    public ImageDecoder(ClipImagePreprocessorOptions options, ClipImagePreprocessorSettings settings) => (_options, _settings) = (options, settings);

    /// <summary>Opens an encoded image.</summary>
    /// <param name="file">The file's bytes, which must stay where they are until the result is disposed.</param>
    /// <param name="length">Their number.</param>
    /// <exception cref="ClipImageException">The bytes are no image, or a truncated, damaged or too large one.</exception>
    public PixelRows Open(byte* file, int length)
    {
        var bytes = new ReadOnlySpan<byte>(file, length);
        var codec = OpenCodec(file, length);
        try
        {
            var info = codec.Info;
            RequirePixels(info.Width, info.Height);
            RequireWhole(bytes, codec.EncodedFormat);
            var mode = ImageModeReader.Read(bytes, codec.EncodedFormat, hasAlpha: !info.IsOpaque);
            var origin = _options.ApplyExifOrientation ? codec.EncodedOrigin : SKEncodedOrigin.TopLeft;
            if (codec.EncodedFormat == SKEncodedImageFormat.Jpeg && origin == SKEncodedOrigin.TopLeft)
            {
                return OpenRowByRow(ref codec!, info);
            }
            return DecodeWhole(bytes, codec, mode, origin);
        }
        finally
        {
            codec?.Dispose();
        }
    }

    private static SKCodec OpenCodec(byte* file, int length)
    {
        var bytes = new ReadOnlySpan<byte>(file, length);
        if (length == 0)
        {
            throw new ClipImageException("The image is empty: it has 0 bytes.");
        }
        // The data is a view of the caller's bytes; the codec keeps the native object alive.
        using var data = SKData.Create((nint)file, length);
        if (SKCodec.Create(data) is { } codec)
        {
            return codec;
        }
        // Ask again in the form that gives a reason.
        using var none = SKCodec.Create(new SKMemoryStream(data), out var reason);
        throw new ClipImageException(reason == SKCodecResult.IncompleteInput
            ? $"The image is truncated: its {length} bytes end before the picture begins."
            : $"Expected an image ({KnownFormats}), but the {length} bytes start with {Describe(bytes)}.");
    }

    private void RequirePixels(int width, int height)
    {
        long pixels = (long)width * height;
        if (width <= 0 || height <= 0)
        {
            throw new ClipImageException($"The image's header claims a size of {width} x {height} pixels.");
        }
        if (pixels > _options.MaximumPixels)
        {
            throw new ClipImageException(
                $"The image's header claims {width} x {height} = {pixels} pixels; the limit, {nameof(ClipImagePreprocessorOptions)}."
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

    private PixelRowsInMemory DecodeWhole(ReadOnlySpan<byte> file, SKCodec codec, ImageMode mode, SKEncodedOrigin origin)
    {
        var size = codec.Info.Size;
        var pixels = mode switch
        {
            ImageMode.SixteenBitGray => SixteenBitGrayDecoder.Decode(file, size, _options.SixteenBitGray),
            ImageMode.Indexed when GifDecoder.IsNeeded(file, codec.EncodedFormat) => GifDecoder.Decode(file, size),
            _ => Decode(codec, size),
        };
        if (SixteenBitBmp.IsNeeded(file, codec.EncodedFormat))
        {
            SixteenBitBmp.Truncate(file, pixels.Span);
        }
        if (origin != SKEncodedOrigin.TopLeft)
        {
            using var upright = pixels;
            pixels = ExifOrientation.Apply(upright, ref size, origin);
        }
        return new PixelRowsInMemory(pixels, size.Width, size.Height)
        {
            Alpha = mode == ImageMode.Alpha ? AlphaKind.Straight : AlphaKind.None,
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
