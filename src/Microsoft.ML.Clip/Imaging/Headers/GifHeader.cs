using System.Buffers.Binary;

namespace Microsoft.ML.Clip;

/// <summary>What a GIF says before the pixels of its first frame. Offsets count from the start of the file.</summary>
internal readonly record struct GifHeader
{
    private const int ScreenDescriptorEnd = 13;

    /// <summary>Where the first frame's palette is (its own, or the global one), or 0 if it has none.</summary>
    public int PaletteOffset { get; private init; }

    /// <summary>The number of the palette's entries.</summary>
    public int PaletteSize { get; private init; }

    /// <summary>Where the flags of the first frame's graphic control extension are, or 0 if it has none.</summary>
    public int ControlFlagsOffset { get; private init; }

    /// <summary>The palette index that stands for "transparent", or null.</summary>
    public byte? TransparentIndex { get; private init; }

    /// <summary>Whether the frame covers the whole picture.</summary>
    public bool CoversScreen { get; private init; }

    /// <summary>Where the first frame ends, in pixels from the left of the picture.</summary>
    public int FrameRight { get; private init; }

    /// <summary>Where the first frame ends, in pixels from the top of the picture.</summary>
    public int FrameBottom { get; private init; }

    /// <summary>Walks the blocks up to the first image descriptor. False if there is none, or the file is no GIF.</summary>
    public static bool TryRead(ReadOnlySpan<byte> file, out GifHeader header)
    {
        header = default;
        if (file.Length < ScreenDescriptorEnd || !(file.StartsWith("GIF87a"u8) || file.StartsWith("GIF89a"u8)))
        {
            return false;
        }
        int globalSize = PaletteSizeOf(file[10]);
        header = header with { PaletteOffset = globalSize > 0 ? ScreenDescriptorEnd : 0, PaletteSize = globalSize };
        int position = ScreenDescriptorEnd + (3 * globalSize);
        while (position + 1 < file.Length)
        {
            switch (file[position])
            {
                case (byte)',':
                    return TryReadImage(file, position, ref header);
                case (byte)'!':
                    ReadControl(file, position, ref header);
                    position = SkipBlocks(file, position + 2);
                    break;
                default:
                    position++; // The reference skips what it does not know, too.
                    break;
            }
        }
        return false;
    }

    /// <summary>Whether entry i of the palette is the gray (i, i, i), or there is none, so that indices are gray levels.</summary>
    public bool IsGrayRamp(ReadOnlySpan<byte> file)
    {
        for (int i = 0; i < PaletteSize; i++)
        {
            if (file.Slice(PaletteOffset + (3 * i), 3).ContainsAnyExcept((byte)i))
            {
                return false;
            }
        }
        return true;
    }

    // Separator, left, top, width, height (16 bits each), flags.
    private static bool TryReadImage(ReadOnlySpan<byte> file, int position, ref GifHeader header)
    {
        int end = position + 10;
        if (end > file.Length)
        {
            return false;
        }
        header = header with
        {
            CoversScreen = Word(file, position + 1) == 0 && Word(file, position + 3) == 0
                && Word(file, position + 5) >= Word(file, 6) && Word(file, position + 7) >= Word(file, 8),
            FrameRight = Word(file, position + 1) + Word(file, position + 5),
            FrameBottom = Word(file, position + 3) + Word(file, position + 7),
        };
        int localSize = PaletteSizeOf(file[position + 9]);
        if (localSize > 0)
        {
            header = header with { PaletteOffset = end, PaletteSize = localSize };
        }
        return header.PaletteOffset + (3 * header.PaletteSize) <= file.Length;
    }

    // '!', 0xF9, 4, flags, delay (16 bits), transparent index.
    private static void ReadControl(ReadOnlySpan<byte> file, int position, ref GifHeader header)
    {
        if (file[position + 1] == 0xF9 && position + 6 < file.Length && file[position + 2] >= 4)
        {
            int flags = position + 3;
            header = header with { ControlFlagsOffset = flags, TransparentIndex = (file[flags] & 1) != 0 ? file[flags + 3] : header.TransparentIndex };
        }
    }

    private static int SkipBlocks(ReadOnlySpan<byte> file, int position)
    {
        while (position < file.Length && file[position] != 0)
        {
            position += 1 + file[position];
        }
        return position + 1;
    }

    private static int PaletteSizeOf(byte flags) => (flags & 0x80) != 0 ? 2 << (flags & 7) : 0;

    private static int Word(ReadOnlySpan<byte> file, int offset) => BinaryPrimitives.ReadUInt16LittleEndian(file[offset..]);
}
