using System.Buffers.Binary;

namespace Microsoft.ML.Clip;

/// <summary>
/// What an encoded image's header says of its size, and what follows from it for the decoder's memory beside the pixels that it gives: worked out before
/// the decoder, which would simply take it, is let at the file.
/// </summary>
/// <param name="Kind">The format.</param>
/// <param name="Width">The width in pixels.</param>
/// <param name="Height">The height in pixels.</param>
/// <param name="DecoderBytes">
/// What the decoder holds while it works: interlaced rows, the coefficients of a JPEG of several scans, canvas and frames, copies of parts of the file.
/// Rather too much than too little.
/// </param>
internal readonly record struct ImageHeader(ImageKind Kind, int Width, int Height, long DecoderBytes)
{
    // Rows in several forms, tables, the decoder's own objects.
    private const int BytesPerColumn = 512;

    // Beyond any limit, and so far from the largest number that what is added leaves it positive.
    private const long MostDecoderBytes = 1L << 60;

    /// <summary>Whether it is a JPEG that the decoder reads to its end before it gives a pixel.</summary>
    public bool HasSeveralScans { get; private init; }

    /// <summary>Whether it is a JPEG that is not stored upright.</summary>
    public bool IsTurned { get; private init; }

    public long Pixels => (long)Width * Height;

    /// <summary>Reads the header. Null if the file has none that makes sense; then the decoder, which will say so, allocates nothing.</summary>
    public static ImageHeader? TryRead(HeaderBytes file, ImageKind kind) => kind switch
    {
        ImageKind.Jpeg => OfJpeg(file),
        ImageKind.Png => OfPng(file, 0),
        ImageKind.Gif => OfGif(file),
        ImageKind.Bmp => OfBmp(file, 14, isIcon: false),
        ImageKind.WebP => OfWebP(file),
        _ => OfIcon(file),
    };

    private static ImageHeader? OfJpeg(HeaderBytes file) => !JpegHeader.TryRead(file, out var header) ? null
        : Create(ImageKind.Jpeg, header.Width, header.Height, (2 * header.MetadataBytes) + (header.HasSeveralScans ? header.CoefficientBytes : 0)) with
        {
            HasSeveralScans = header.HasSeveralScans,
            IsTurned = header.Orientation > 1,
        };

    private static ImageHeader? OfPng(HeaderBytes file, long offset)
    {
        Span<byte> start = stackalloc byte[PngHeader.Length];
        if (!file.TryRead(offset, start) || !PngHeader.TryRead(start, out var header))
        {
            return null;
        }
        // Gray of 16 bits is decoded from a changed copy of the file.
        long copy = header is { ColorType: PngColorType.Gray, BitDepth: 16 } ? file.Length : 0;
        // In 128 bits: two edges of 31 bits and eight bytes a pixel are more than 64 hold.
        var interlaced = header.IsInterlaced ? (Int128)header.Width * header.Height * header.BytesPerInterlacedPixel : 0;
        return Create(ImageKind.Png, header.Width, header.Height, interlaced > MostDecoderBytes ? MostDecoderBytes : copy + (long)interlaced);
    }

    // The decoder has a canvas of indices; files with transparency are decoded from a changed copy.
    private static ImageHeader? OfGif(HeaderBytes file)
    {
        Span<byte> screen = stackalloc byte[10];
        if (!file.TryRead(0, screen))
        {
            return null;
        }
        (int width, int height) = (BinaryPrimitives.ReadUInt16LittleEndian(screen[6..]), BinaryPrimitives.ReadUInt16LittleEndian(screen[8..]));
        // The decoder makes room for a first frame that reaches beyond the picture, whatever comes after the frame's place.
        GifHeader.TryRead(file.Start, out var header);
        (width, height) = (Math.Max(width, header.FrameRight), Math.Max(height, header.FrameBottom));
        return Create(ImageKind.Gif, width, height, (2L * width * height) + file.Length);
    }

    // OS/2's header, of 12 bytes, has 16 bits for an edge, all others 32. A negative height means rows from top to bottom. In icons the height counts the
    // mask, too.
    private static ImageHeader? OfBmp(HeaderBytes file, long offset, bool isIcon)
    {
        Span<byte> start = stackalloc byte[12];
        if (!file.TryRead(offset, start))
        {
            return null;
        }
        bool isOs2 = BinaryPrimitives.ReadInt32LittleEndian(start) == 12;
        long width = isOs2 ? BinaryPrimitives.ReadUInt16LittleEndian(start[4..]) : BinaryPrimitives.ReadInt32LittleEndian(start[4..]);
        long height = isOs2 ? BinaryPrimitives.ReadUInt16LittleEndian(start[6..]) : Math.Abs((long)BinaryPrimitives.ReadInt32LittleEndian(start[8..]));
        return width > int.MaxValue || height > int.MaxValue ? null : Create(ImageKind.Bmp, (int)width, (int)(isIcon ? height / 2 : height), 0);
    }

    // The first chunk is VP8, VP8L or, with width and height of the canvas, VP8X, which one of the other two or the frames of an animation follow.
    private static ImageHeader? OfWebP(HeaderBytes file)
    {
        const int FirstChunk = 12, MaximumChunks = 64;
        Span<byte> chunk = stackalloc byte[18];
        ImageHeader? canvas = null;
        long position = FirstChunk;
        // A picture's chunk may be shorter than a canvas's.
        for (int i = 0; i < MaximumChunks && file.TryRead(position, chunk[..(int)Math.Clamp(file.Length - position, 14, chunk.Length)]); i++)
        {
            var data = chunk[8..];
            if (chunk.StartsWith("VP8X"u8))
            {
                canvas = Create(ImageKind.WebP, 1 + UInt24(data[4..]), 1 + UInt24(data[7..]), 0);
                // The transparency of a lossy picture: a plane by itself, and the room to decode it in.
                canvas = canvas.Value with { DecoderBytes = canvas.Value.DecoderBytes + ((data[0] & 0x10) != 0 ? 5 * canvas.Value.Pixels : 0) };
            }
            else if (chunk.StartsWith("ANMF"u8))
            {
                // A frame is decoded for itself (4 bytes a pixel, 4 more if it is lossless) and laid on the canvas.
                return canvas is { } all ? all with { DecoderBytes = all.DecoderBytes + (8 * all.Pixels) } : null;
            }
            else if (chunk.StartsWith("VP8L"u8))
            {
                uint size = BinaryPrimitives.ReadUInt32LittleEndian(data[1..]);
                return Within(canvas, Lossless(1 + (int)(size & 0x3FFF), 1 + (int)((size >> 14) & 0x3FFF)));
            }
            else if (chunk.StartsWith("VP8 "u8))
            {
                int width = BinaryPrimitives.ReadUInt16LittleEndian(data[6..]), height = BinaryPrimitives.ReadUInt16LittleEndian(data[8..]);
                return Within(canvas, Create(ImageKind.WebP, width & 0x3FFF, height & 0x3FFF, 0));
            }
            long length = BinaryPrimitives.ReadUInt32LittleEndian(chunk[4..]);
            position += 8 + length + (length & 1);
        }
        return canvas;
    }

    private static ImageHeader Lossless(int width, int height) => Create(ImageKind.WebP, width, height, 4L * width * height);

    private static ImageHeader Within(ImageHeader? canvas, ImageHeader picture) => canvas is not { } all ? picture
        : Create(ImageKind.WebP, Math.Max(all.Width, picture.Width), Math.Max(all.Height, picture.Height), all.DecoderBytes + picture.DecoderBytes);

    // A directory of pictures, each a PNG or a bitmap without its file header. The decoder copies them all and decodes the largest;
    // one with a mask is decoded from a changed copy.
    private static ImageHeader? OfIcon(HeaderBytes file)
    {
        const int Header = 6, Entry = 16, PlaceInEntry = 12;
        Span<byte> number = stackalloc byte[4];
        if (!file.TryRead(4, number[..2]))
        {
            return null;
        }
        int count = BinaryPrimitives.ReadUInt16LittleEndian(number);
        ImageHeader? largest = null;
        long decoderBytes = 0;
        for (int i = 0; i < count && file.TryRead(Header + ((long)i * Entry) + PlaceInEntry, number); i++)
        {
            long place = BinaryPrimitives.ReadUInt32LittleEndian(number);
            if ((OfPng(file, place) ?? OfBmp(file, place, isIcon: true)) is { } picture)
            {
                decoderBytes = Math.Max(decoderBytes, picture.DecoderBytes);
                largest = largest is { } other && other.Pixels >= picture.Pixels ? largest : picture;
            }
        }
        return largest is { } found ? found with { Kind = ImageKind.Ico, DecoderBytes = decoderBytes + (3 * file.Length) } : null;
    }

    private static ImageHeader Create(ImageKind kind, int width, int height, long decoderBytes) =>
        new(kind, width, height, decoderBytes + ((long)Math.Max(0, width) * BytesPerColumn));

    private static int UInt24(ReadOnlySpan<byte> bytes) => bytes[0] | (bytes[1] << 8) | (bytes[2] << 16);
}
