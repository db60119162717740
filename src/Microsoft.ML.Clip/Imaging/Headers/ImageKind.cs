namespace Microsoft.ML.Clip;

/// <summary>The formats that are decoded. Whatever else the decoder knows is refused: the references refuse it, and nobody has looked at its limits.</summary>
internal enum ImageKind
{
    Jpeg,
    Png,
    Gif,
    Bmp,
    WebP,
    Ico,
}

/// <summary>Tells formats by the first bytes of a file, which is how the references and the decoder tell them, too.</summary>
internal static class ImageKinds
{
    /// <summary>The formats that are decoded, for messages.</summary>
    public const string Known = "JPEG, PNG, GIF, WebP, BMP or ICO";

    /// <summary>The format that a file begins as; null if none that is decoded.</summary>
    public static ImageKind? Of(ReadOnlySpan<byte> start) => start switch
    {
        [0xFF, 0xD8, 0xFF, ..] => ImageKind.Jpeg,
        [0x89, (byte)'P', (byte)'N', (byte)'G', 13, 10, 26, 10, ..] => ImageKind.Png,
        [(byte)'G', (byte)'I', (byte)'F', (byte)'8', (byte)'7' or (byte)'9', (byte)'a', ..] => ImageKind.Gif,
        [(byte)'B', (byte)'M', ..] => ImageKind.Bmp,
        [(byte)'R', (byte)'I', (byte)'F', (byte)'F', _, _, _, _, (byte)'W', (byte)'E', (byte)'B', (byte)'P', ..] => ImageKind.WebP,
        // Icons and cursors.
        [0, 0, 1 or 2, 0, ..] => ImageKind.Ico,
        _ => null,
    };

    /// <summary>The name of a format, decoded or not; null if it is none that is known.</summary>
    /// <param name="start">The first bytes of a file.</param>
    /// <param name="isBuiltIn">Whether it is decoded.</param>
    public static string? NameOf(ReadOnlySpan<byte> start, out bool isBuiltIn)
    {
        var kind = Of(start);
        isBuiltIn = kind is not null;
        return kind switch
        {
            null => NameOfForeign(start),
            ImageKind.WebP => "WebP",
            { } known => known.ToString().ToUpperInvariant(),
        };
    }

    /// <summary>The name of a format that people have images in and that is not decoded; null if it is none of these either.</summary>
    /// <param name="start">The first bytes of a file: 32 tell most.</param>
    public static string? NameOfForeign(ReadOnlySpan<byte> start) => start switch
    {
        [(byte)'I', (byte)'I', 42 or 43, 0, ..] or [(byte)'M', (byte)'M', 0, 42 or 43, ..] => "TIFF",
        [_, _, _, _, (byte)'f', (byte)'t', (byte)'y', (byte)'p', (byte)'a', (byte)'v', (byte)'i', (byte)'f' or (byte)'s', ..] => "AVIF",
        [_, _, _, _, (byte)'f', (byte)'t', (byte)'y', (byte)'p', .. var brand] when IsHeif(brand) => "HEIC",
        [0, 0, 0, 12, (byte)'j', (byte)'P', 32, 32, ..] or [0xFF, 0x4F, 0xFF, 0x51, ..] => "JPEG 2000",
        [0, 0, 0, 12, (byte)'J', (byte)'X', (byte)'L', 32, ..] or [0xFF, 0x0A, ..] => "JPEG XL",
        [(byte)'%', (byte)'P', (byte)'D', (byte)'F', ..] => "PDF",
        [(byte)'8', (byte)'B', (byte)'P', (byte)'S', ..] => "Photoshop (PSD)",
        _ => start.TrimStart(" \t\r\n\uFEFF"u8) is var text && (text.StartsWith("<svg"u8) || text.StartsWith("<?xml"u8)) ? "SVG or other XML" : null,
    };

    private static bool IsHeif(ReadOnlySpan<byte> brand) => brand.Length >= 4 && (brand[..4].SequenceEqual("mif1"u8) || brand[..4].SequenceEqual("msf1"u8)
        || brand[..3].SequenceEqual("hei"u8) || brand[..3].SequenceEqual("hev"u8));
}
