namespace Microsoft.ML.Clip;

/// <summary>Settings of <see cref="ClipImagePreprocessor"/> that are the caller's choice and not the model's.</summary>
public sealed record ClipImagePreprocessorOptions
{
    /// <summary>Pillow's limit: twice the 89,478,485 pixels (a quarter of a gibibyte of RGB) from which it warns of a decompression bomb.</summary>
    internal const long DefaultMaximumPixels = 178_956_970;

    /// <summary>Whose preprocessing to reproduce.</summary>
    /// <value>
    /// Default <see langword="null"/>: the bundle's own, which is <see cref="ClipImageConvention.OpenAI"/> where open_clip's <c>preprocess_cfg</c> rules and
    /// <see cref="ClipImageConvention.HuggingFace"/> everywhere else.
    /// </value>
    public ClipImageConvention? Convention { get; init; }

    /// <summary>Whether large JPEGs may be decoded at reduced size.</summary>
    /// <value>Default <see cref="ClipImageDecoding.Exact"/>.</value>
    public ClipImageDecoding Decoding { get; init; } = ClipImageDecoding.Exact;

    /// <summary>Whether the EXIF orientation is applied before anything else.</summary>
    /// <value>Default <see langword="false"/>: the references ignore it.</value>
    public bool ApplyExifOrientation { get; init; }

    /// <summary>What becomes of 16-bit gray images.</summary>
    /// <value>Default <see cref="ClipSixteenBitGray.Clip"/>, as in the references.</value>
    public ClipSixteenBitGray SixteenBitGray { get; init; } = ClipSixteenBitGray.Clip;

    /// <summary>The largest number of pixels (width × height) that a file's header may claim; more is an error before anything is allocated.</summary>
    /// <value>Default 178,956,970: from there on Pillow refuses an image as a decompression bomb.</value>
    public long MaximumPixels { get; init; } = DefaultMaximumPixels;
}
