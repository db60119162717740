using System.Buffers.Binary;

namespace Microsoft.ML.Clip;

/// <summary>What a JPEG says before its first scan.</summary>
internal readonly record struct JpegHeader
{
    // libjpeg turns blocks of 8 x 8 coefficients, of two bytes each, into pixels.
    private const int BlockEdge = 8;
    private const int BlockBytes = BlockEdge * BlockEdge * sizeof(short);

    // What a picture has before its first scan: a camera's dozen of segments, or a colour profile in 255.
    private const int MaximumSegments = 65536;
    private const int MaximumComponents = 4;

    public int Width { get; private init; }

    public int Height { get; private init; }

    /// <summary>Whether the picture is spread over several scans, so that the decoder holds all its coefficients until the last is read.</summary>
    public bool HasSeveralScans { get; private init; }

    /// <summary>How many bytes all coefficients have.</summary>
    public long CoefficientBytes { get; private init; }

    /// <summary>How many bytes of cameras' notes and colour profiles there are, of which the decoder makes copies.</summary>
    public long MetadataBytes { get; private init; }

    /// <summary>Where EXIF says that row 0 and column 0 of the picture belong: 1, upright, to 8.</summary>
    public int Orientation { get; private init; }

    /// <summary>Walks the segments up to the first scan. False if there is none, or the file is no JPEG.</summary>
    public static bool TryRead(HeaderBytes file, out JpegHeader header)
    {
        header = new JpegHeader { Orientation = 1 };
        long position = 2;
        int components = 0;
        Span<byte> length = stackalloc byte[2];
        Span<byte> scanComponents = stackalloc byte[1];
        for (int i = 0; i < MaximumSegments && TryFindMarker(file, ref position, out byte marker); i++)
        {
            if (marker is 0x01 or (>= 0xD0 and <= 0xD8))
            {
                continue; // It stands alone.
            }
            if (marker == EndOfImage || !file.TryRead(position, length))
            {
                return false;
            }
            int segment = BinaryPrimitives.ReadUInt16BigEndian(length);
            if (IsFrame(marker))
            {
                if (!TryReadFrame(file, position, ref header, out components))
                {
                    return false;
                }
                header = header with { HasSeveralScans = marker is 0xC2 or 0xCA };
            }
            else if (marker == StartOfScan)
            {
                if (components == 0 || !file.TryRead(position + 2, scanComponents))
                {
                    return false;
                }
                header = header with { HasSeveralScans = header.HasSeveralScans || scanComponents[0] < components };
                return true;
            }
            else if (marker is 0xE1 or 0xE2)
            {
                header = header with
                {
                    MetadataBytes = header.MetadataBytes + segment,
                    Orientation = marker == 0xE1 && header.Orientation == 1 ? ReadOrientation(file, position + 2) : header.Orientation,
                };
            }
            position += Math.Max(2, segment);
        }
        return false;
    }

    /// <summary>Counts the scans of a file up to its end, or to a limit.</summary>
    public static long CountScans(ReadOnlySpan<byte> file, long limit)
    {
        long scans = 0;
        int position = 2;
        while (scans <= limit)
        {
            int next = position < file.Length ? file[position..].IndexOf((byte)0xFF) : -1;
            if (next < 0 || position + next + 1 >= file.Length)
            {
                return scans;
            }
            position += next + 1;
            byte marker = file[position];
            if (marker == EndOfImage)
            {
                return scans;
            }
            // Within a scan: a stuffed byte, a restart, fill bytes. (0xFF may be the first byte of the marker proper.)
            if (marker is 0x00 or 0x01 or 0xFF or (>= 0xD0 and <= 0xD8))
            {
                position += marker == 0xFF ? 0 : 1;
                continue;
            }
            scans += marker == StartOfScan ? 1 : 0;
            position += position + 2 < file.Length ? 1 + Math.Max(2, (int)BinaryPrimitives.ReadUInt16BigEndian(file[(position + 1)..])) : 1;
        }
        return scans;
    }

    private const byte EndOfImage = 0xD9;
    private const byte StartOfScan = 0xDA;

    private static bool IsFrame(byte marker) => marker is >= 0xC0 and <= 0xCF and not (0xC4 or 0xC8 or 0xCC);

    // Bytes before a marker are skipped, as the decoder skips them; a marker may have any number of 0xFF before it.
    private static bool TryFindMarker(HeaderBytes file, ref long position, out byte marker)
    {
        const int MaximumSkipped = 65536;
        Span<byte> one = stackalloc byte[1];
        bool afterFill = false;
        for (int i = 0; i < MaximumSkipped && file.TryRead(position, one); i++)
        {
            position++;
            if (afterFill && one[0] is not (0x00 or 0xFF))
            {
                marker = one[0];
                return true;
            }
            afterFill = one[0] == 0xFF;
        }
        marker = 0;
        return false;
    }

    // Length, precision, height, width, number of components; for each its name, its sampling factors (four bits each) and its table.
    private static bool TryReadFrame(HeaderBytes file, long position, ref JpegHeader header, out int components)
    {
        Span<byte> frame = stackalloc byte[8 + (3 * MaximumComponents)];
        components = 0;
        if (!file.TryRead(position, frame[..8]) || frame[7] is 0 or > MaximumComponents || !file.TryRead(position, frame[..(8 + (3 * frame[7]))]))
        {
            return false;
        }
        components = frame[7];
        (int height, int width) = (BinaryPrimitives.ReadUInt16BigEndian(frame[3..]), BinaryPrimitives.ReadUInt16BigEndian(frame[5..]));
        int largestX = 1, largestY = 1, blocks = 0;
        for (int i = 0; i < components; i++)
        {
            (int x, int y) = (frame[9 + (3 * i)] >> 4, frame[9 + (3 * i)] & 15);
            (largestX, largestY, blocks) = (Math.Max(largestX, x), Math.Max(largestY, y), blocks + (x * y));
        }
        long units = DivideUp(width, BlockEdge * largestX) * DivideUp(height, BlockEdge * largestY);
        header = header with { Width = width, Height = height, CoefficientBytes = units * blocks * BlockBytes };
        return true;
    }

    // EXIF 2.32, 4.6.2: "Exif", two zeros, then a TIFF file: byte order, 42, the place of a directory of entries of 12 bytes.
    private static int ReadOrientation(HeaderBytes file, long position)
    {
        const int MaximumEntries = 512, OrientationTag = 0x0112;
        Span<byte> start = stackalloc byte[14], entry = stackalloc byte[12];
        if (!file.TryRead(position, start) || !start.StartsWith("Exif\0\0"u8))
        {
            return 1;
        }
        long tiff = position + 6;
        bool isLittle = start[6] == 'I';
        long directory = tiff + Number(start[10..14], isLittle);
        int count = file.TryRead(directory, entry[..2]) ? (int)Math.Min(MaximumEntries, Number(entry[..2], isLittle)) : 0;
        for (int i = 0; i < count && file.TryRead(directory + 2 + (12L * i), entry); i++)
        {
            if (Number(entry[..2], isLittle) == OrientationTag)
            {
                return Number(entry[8..10], isLittle) is >= 1 and <= 8 and var orientation ? (int)orientation : 1;
            }
        }
        return 1;
    }

    private static long Number(ReadOnlySpan<byte> bytes, bool isLittle)
    {
        long value = 0;
        for (int i = 0; i < bytes.Length; i++)
        {
            value = (value << 8) | bytes[isLittle ? bytes.Length - 1 - i : i];
        }
        return value;
    }

    private static long DivideUp(int value, int divisor) => (value + divisor - 1) / divisor;
}
