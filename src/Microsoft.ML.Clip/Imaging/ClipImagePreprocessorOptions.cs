using System.Globalization;

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

    /// <summary>
    /// Whether a JPEG is turned as its EXIF orientation says, before anything else. Phones store photographs as the sensor sees them, often on their side.
    /// </summary>
    /// <value>
    /// Default <see langword="null"/>: as the reference does it. A <see cref="ClipImagePreprocessor"/> by itself does not turn pictures, as neither
    /// <c>CLIPImageProcessor</c> nor OpenAI's transform does. A <see cref="ClipModel"/>, which reads files as <c>load_image</c> and <c>pipeline</c> of transformers
    /// do, turns them under <see cref="ClipImageConvention.HuggingFace"/>; under <see cref="ClipImageConvention.OpenAI"/>, where nothing of the reference does, it
    /// does not, and warns.
    /// </value>
    public bool? ApplyExifOrientation { get; init; }

    /// <summary>What becomes of 16-bit gray images.</summary>
    /// <value>Default <see cref="ClipSixteenBitGray.Clip"/>, as in the references.</value>
    public ClipSixteenBitGray SixteenBitGray { get; init; } = ClipSixteenBitGray.Clip;

    /// <summary>The largest number of pixels (width × height) that a file's header may claim; more is an error before anything is allocated.</summary>
    /// <value>Default 178,956,970: from there on Pillow refuses an image as a decompression bomb.</value>
    public long MaximumPixels { get; init; } = DefaultMaximumPixels;

    /// <summary>
    /// The memory, in bytes, that all threads which use the preprocessor (or the model that it belongs to) may hold at a time for files that are read and
    /// images that are decoded. An image that does not fit beside those being decoded waits for them; one that needs more by itself is an error, which names
    /// both numbers.
    /// </summary>
    /// <remarks>
    /// <para>What an image takes is worked out from its header: the file, if it is read here; whole pixels of four bytes, which every format but JPEG needs,
    /// and as much again to turn them upright; rows that are interlaced; the coefficients of a progressive JPEG; the canvas of a WebP or GIF. An ordinary
    /// JPEG takes little more than its file, whatever its size; 100 megapixels in a PNG take 400 MB beside it.</para>
    /// <para>Not counted are the caller's own memory (bytes, an <see cref="Data.MLImage"/>), streams while they are read, and what an image becomes,
    /// 3 × height × width values. The limit belongs to a machine and not to a model, and so is not saved with a pipeline.</para>
    /// </remarks>
    /// <value>
    /// Default 536,870,912 (512 MB), which leaves a container of 2 GB its room for the model; or what the application's runtime configuration has as
    /// <c>Microsoft.ML.Clip.MaximumDecodingMemory</c> (<c>RuntimeHostConfigurationOption</c> in a project file).
    /// </value>
    public long MaximumDecodingMemory { get; init; } = DefaultMaximumDecodingMemory;

    /// <summary>The application's own decoder, for formats that are not read here (TIFF, HEIC, AVIF, ...) or for all.</summary>
    /// <remarks>
    /// Not saved with a pipeline, as it is code: <c>mlContext.Model.UseClipImageDecoder(decoder)</c>, before <c>mlContext.Model.Load</c>, gives it to the
    /// loaded one.
    /// </remarks>
    /// <value>Default <see langword="null"/>: other formats are refused, by name.</value>
    public ClipImageDecoder? Decoder { get; init; }

    /// <summary>What holds where nobody chooses.</summary>
    internal static long DefaultMaximumDecodingMemory => AppContext.GetData("Microsoft.ML.Clip.MaximumDecodingMemory") switch
    {
        string text when long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out long bytes) && bytes > 0 => bytes,
        long bytes and > 0 => bytes,
        int bytes and > 0 => bytes,
        _ => 512 << 20,
    };

    /// <summary>Throws if a setting is out of range.</summary>
    internal void Validate()
    {
        Require.Defined(Convention, nameof(Convention));
        Require.Defined<ClipImageDecoding>(Decoding, nameof(Decoding));
        Require.Defined<ClipSixteenBitGray>(SixteenBitGray, nameof(SixteenBitGray));
        // Four bytes a pixel must be addressable by an int.
        Require.Range(MaximumPixels, 1, int.MaxValue / ImageResizer.Channels, nameof(MaximumPixels));
        Require.Range(MaximumDecodingMemory, 1, long.MaxValue, nameof(MaximumDecodingMemory));
    }
}
