namespace Microsoft.ML.Clip;

/// <summary>
/// Decodes image files with a library of the application's choice (Magick.NET, ImageSharp, NetVips): formats that are not read by themselves, such as TIFF,
/// HEIC, AVIF, JPEG 2000 or SVG, or all of them. Given as <see cref="ClipImagePreprocessorOptions.Decoder"/>, and to pipelines that are loaded by
/// <see cref="ClipCatalog.UseClipImageDecoder"/>.
/// </summary>
/// <remarks>
/// <para>Called by many threads at once: an implementation has to be thread-safe. It is the application's own code and trusted as such: it must itself bound
/// the memory and the time that a file from strangers takes, by <see cref="ClipEncodedImage.MaximumPixels"/> and <see cref="ClipEncodedImage.MaximumMemory"/>.</para>
/// <para>What it throws becomes the <see cref="ClipImageException"/> of the image, with path and cause, and so does a result that contradicts itself;
/// <see cref="OperationCanceledException"/> is passed on as it is.</para>
/// </remarks>
public abstract class ClipImageDecoder
{
    /// <summary>
    /// How many bytes decoding takes for each pixel, the result included, but not the file. Counted in
    /// <see cref="ClipImagePreprocessorOptions.MaximumDecodingMemory"/>, with 4 bytes more for the copy that is made of the result.
    /// </summary>
    /// <value>Default 16.</value>
    public virtual int BytesPerPixel => 16;

    /// <summary>Whether this decoder is to be asked for files of a format.</summary>
    /// <param name="format">
    /// The format's name as it shows from the first bytes: "JPEG", "PNG", "GIF", "BMP", "WebP" or "ICO"; "TIFF", "AVIF", "HEIC", "JPEG 2000", "JPEG XL", "PDF",
    /// "Photoshop (PSD)" or "SVG or other XML"; <see langword="null"/> if it is not known.
    /// </param>
    /// <param name="isBuiltIn">Whether it is one of the first six, which are decoded as the references do it if the answer is no.</param>
    /// <returns>By default: whatever is not built in.</returns>
    public virtual bool Decodes(string? format, bool isBuiltIn) => !isBuiltIn;

    /// <summary>
    /// Reads the size from the file's header, without decoding it, so that images which are too large are refused before, and several are decoded at a time.
    /// </summary>
    /// <param name="image">The file. Its memory limit is 0: nothing is to be decoded yet.</param>
    /// <returns>
    /// Width and height in pixels, which the result of <see cref="Decode"/> has to have too (or both exchanged); <see langword="null"/>, the default, if the size
    /// is not known: then the image waits for all others, and has all of <see cref="ClipImagePreprocessorOptions.MaximumDecodingMemory"/> to itself.
    /// </returns>
    public virtual (int Width, int Height)? ReadSize(ClipEncodedImage image) => null;

    /// <summary>Decodes a file.</summary>
    /// <param name="image">The file, valid until the method returns.</param>
    /// <returns>The pixels of the first picture in it; they are copied, and their <see cref="ClipDecodedImage.Owner"/> is disposed, on the same thread.</returns>
    public abstract ClipDecodedImage Decode(ClipEncodedImage image);

    /// <inheritdoc/>
    public override string ToString() => GetType().Name;
}
