namespace Microsoft.ML.Clip;

/// <summary>The pixels that a <see cref="ClipImageDecoder"/> gives: rows from top to bottom of 8-bit red, green and blue, with or without alpha.</summary>
public sealed class ClipDecodedImage
{
    /// <summary>The width in pixels, at least 1.</summary>
    public required int Width { get; init; }

    /// <summary>The height in pixels, at least 1.</summary>
    public required int Height { get; init; }

    /// <summary>
    /// Row after row, <see cref="Stride"/> bytes from one to the next; after the last row the rest of its stride may be missing. Read, never written or kept.
    /// </summary>
    public required ReadOnlyMemory<byte> Pixels { get; init; }

    /// <summary>Whether a pixel has four bytes, the last an opacity by which the colours are not multiplied, instead of three.</summary>
    /// <value>Default <see langword="false"/>.</value>
    public bool HasAlpha { get; init; }

    /// <summary>The bytes from the start of one row to that of the next.</summary>
    /// <value>Default <see langword="null"/>: the pixels of a row and no more.</value>
    public int? Stride { get; init; }

    /// <summary>
    /// The EXIF orientation, 1 to 8, of pixels that are as stored in the file; they are turned where <see cref="ClipImagePreprocessorOptions.ApplyExifOrientation"/>
    /// asks for it. A decoder that gives upright pixels leaves it at 1, whatever the file says.
    /// </summary>
    /// <value>Default 1: nothing is to be turned.</value>
    public int Orientation { get; init; } = 1;

    /// <summary>Disposed when the pixels have been copied, or refused; <see langword="null"/> if there is nothing to dispose.</summary>
    public IDisposable? Owner { get; init; }
}
