namespace Microsoft.ML.Clip;

/// <summary>An image file that a <see cref="ClipImageDecoder"/> is asked to decode, and the limits for it.</summary>
public readonly ref struct ClipEncodedImage
{
    /// <summary>The file's bytes, at least one. They are not the decoder's: valid until its method returns.</summary>
    public ReadOnlySpan<byte> Bytes { get; init; }

    /// <summary>The format that the first bytes show, named as for <see cref="ClipImageDecoder.Decodes"/>; <see langword="null"/> if it is not known.</summary>
    public string? Format { get; init; }

    /// <summary>The most pixels, width × height, that the result may have: <see cref="ClipImagePreprocessorOptions.MaximumPixels"/>.</summary>
    public long MaximumPixels { get; init; }

    /// <summary>The most bytes of memory that the decoder may hold, its result included.</summary>
    public long MaximumMemory { get; init; }

    /// <summary>Asked for by whoever waits for the image; observing it is optional.</summary>
    public CancellationToken CancellationToken { get; init; }
}
