using Microsoft.ML.Data;

namespace Microsoft.ML.Clip;

/// <summary>
/// An image in whatever form it is at hand: the path of a file, the bytes of one, a stream of them, or decoded. Each of these converts to it by itself, so a
/// list may mix them: <c>clip.EncodeImages([path, bytes, stream])</c>.
/// </summary>
/// <remarks>
/// It only refers to what it was made of, which stays the caller's and must not change or be disposed before the image is encoded. Paths and bytes are the fast
/// way: decoding happens in parallel, and exactly as the references do it.
/// </remarks>
public readonly struct ClipImageSource
{
    private readonly object? _object;
    private readonly ReadOnlyMemory<byte> _encoded;

    private ClipImageSource(object value, ReadOnlyMemory<byte> encoded = default) => (_object, _encoded) = (value, encoded);

    /// <summary>Whether there is nothing: <see langword="default"/>, or made of <see langword="null"/>.</summary>
    public bool IsEmpty => _object is null;

    /// <summary>The image in a file: JPEG, PNG, GIF, WebP, BMP or ICO.</summary>
    /// <param name="path">The file; read when the image is encoded.</param>
    /// <returns>The source.</returns>
    public static ClipImageSource FromFile(string path) => new(path);

    /// <summary>The image in the bytes of a file.</summary>
    /// <param name="encoded">The bytes.</param>
    /// <returns>The source.</returns>
    public static ClipImageSource FromEncoded(ReadOnlyMemory<byte> encoded) => new(Kind.Encoded, encoded);

    /// <summary>The image in a stream of a file's bytes.</summary>
    /// <param name="stream">Read from where it stands to its end when the image is encoded; it is not closed, and serves once.</param>
    /// <returns>The source.</returns>
    public static ClipImageSource FromStream(Stream stream) => new(stream);

    /// <summary>A decoded image.</summary>
    /// <param name="image">The image.</param>
    /// <returns>The source.</returns>
    public static ClipImageSource FromImage(MLImage image) => new(image);

    /// <summary>See <see cref="FromFile"/>.</summary>
    /// <param name="path">The file.</param>
    public static implicit operator ClipImageSource(string path) => FromFile(path);

    /// <summary>See <see cref="FromEncoded"/>.</summary>
    /// <param name="encoded">The bytes of a file.</param>
    public static implicit operator ClipImageSource(byte[] encoded) => encoded is null ? default : FromEncoded(encoded);

    /// <summary>See <see cref="FromEncoded"/>.</summary>
    /// <param name="encoded">The bytes of a file.</param>
    public static implicit operator ClipImageSource(ReadOnlyMemory<byte> encoded) => FromEncoded(encoded);

    /// <summary>See <see cref="FromStream"/>.</summary>
    /// <param name="stream">A stream of the bytes of a file.</param>
    public static implicit operator ClipImageSource(Stream stream) => FromStream(stream);

    /// <summary>See <see cref="FromImage"/>.</summary>
    /// <param name="image">A decoded image.</param>
    public static implicit operator ClipImageSource(MLImage image) => FromImage(image);

    /// <summary>What kind of source it is, for messages.</summary>
    /// <returns>The path, or the kind.</returns>
    public override string ToString() => _object switch
    {
        null => "nothing",
        string path => $"'{path}'",
        Kind => $"{_encoded.Length} bytes",
        var other => other.GetType().Name,
    };

    /// <exception cref="ClipImageException">The image cannot be read; the message names the file if it is one.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    internal void Preprocess(ClipImagePreprocessor preprocessor, Span<float> pixelValues, CancellationToken cancellation = default)
    {
        switch (_object)
        {
            case string path: preprocessor.PreprocessFile(path, pixelValues, cancellation); break;
            case Kind: preprocessor.PreprocessEncoded(_encoded.Span, pixelValues, cancellation); break;
            case Stream stream: preprocessor.PreprocessStream(stream, pixelValues, cancellation); break;
            case MLImage image: preprocessor.Preprocess(image, pixelValues); break;
            default: throw new ClipImageException("There is no image (null).");
        }
    }

    // Bytes are no object; this stands for them.
    private sealed class Kind
    {
        public static readonly Kind Encoded = new();
    }
}
