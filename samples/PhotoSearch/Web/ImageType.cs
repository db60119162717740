namespace PhotoSearch;

/// <summary>What kind of image a file is by its first bytes; its name says nothing that a browser should believe.</summary>
internal static class ImageType
{
    private const int Head = 12;

    /// <summary>The media type, or null for what is no image. The stream stands at its beginning afterwards.</summary>
    public static string? Of(Stream file)
    {
        Span<byte> head = stackalloc byte[Head];
        int read = file.ReadAtLeast(head, Head, throwOnEndOfStream: false);
        file.Position = 0;
        return read < Head ? null
            : head.StartsWith((ReadOnlySpan<byte>)[0xFF, 0xD8, 0xFF]) ? "image/jpeg"
            : head.StartsWith((ReadOnlySpan<byte>)[0x89, (byte)'P', (byte)'N', (byte)'G', 13, 10, 26, 10]) ? "image/png"
            : head.StartsWith("GIF8"u8) ? "image/gif"
            : head.StartsWith("RIFF"u8) && head[8..].SequenceEqual("WEBP"u8) ? "image/webp"
            : head.StartsWith("BM"u8) ? "image/bmp"
            : null;
    }
}
