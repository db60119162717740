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
}
