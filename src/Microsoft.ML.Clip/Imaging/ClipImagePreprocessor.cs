using Microsoft.ML.Data;

namespace Microsoft.ML.Clip;

/// <summary>
/// Turns an image into what CLIP's image tower takes: resized (antialiased, bicubic), centre-cropped, scaled and normalised, as float planes
/// [3, <see cref="Height"/>, <see cref="Width"/>] in the order red, green, blue. Reproduces Hugging Face's <c>CLIPImageProcessor</c> or OpenAI's
/// transform bit for bit; see <see cref="ClipImageConvention"/>.
/// </summary>
/// <remarks>
/// Immutable and thread-safe. Buffers are pooled: in the steady state a call allocates only the decoder's few small objects. For an image with alpha the
/// colours count and the alpha is dropped, as in the references.
/// </remarks>
public sealed partial class ClipImagePreprocessor
{
    private readonly ClipImagePreprocessorSettings _settings;
    private readonly ClipImagePreprocessorOptions _options;
    private readonly DecodingBudget _budget;
    private readonly ImageDecoder _decoder;
    private readonly PixelNormalizer _normalizer;
    private readonly ResampleWeightsCache _weights;

    internal ClipImagePreprocessor(ClipImagePreprocessorSettings settings, ClipImagePreprocessorOptions options)
    {
        options.Validate();
        _settings = settings with { Convention = options.Convention ?? settings.Convention };
        (_options, _budget) = (options, new DecodingBudget(options.MaximumDecodingMemory));
        _decoder = new ImageDecoder(options, _settings, IsUpright, _budget);
        (_normalizer, _weights) = (new PixelNormalizer(_settings), new ResampleWeightsCache());
    }

    // Everything but the orientation is the other's, the memory included.
    private ClipImagePreprocessor(ClipImagePreprocessor other, bool isUpright)
    {
        (_settings, _budget, _normalizer, _weights) = (other._settings, other._budget, other._normalizer, other._weights);
        _options = other._options with { ApplyExifOrientation = isUpright };
        _decoder = new ImageDecoder(_options, _settings, isUpright, _budget) { OnTurnsIgnored = other._decoder.OnTurnsIgnored };
    }

    /// <summary>The height of the result, in pixels.</summary>
    public int Height => _settings.Height;

    /// <summary>The width of the result, in pixels.</summary>
    public int Width => _settings.Width;

    /// <summary>The number of values of the result: 3 × <see cref="Height"/> × <see cref="Width"/>.</summary>
    public int PixelValueCount => 3 * Height * Width;

    /// <summary>Whose preprocessing is reproduced.</summary>
    public ClipImageConvention Convention => _settings.Convention;

    internal ClipImagePreprocessorSettings Settings => _settings;

    /// <summary>What is done to an image, in a line: resize, crop, scale, normalise, and whose preprocessing it reproduces.</summary>
    /// <returns>The line.</returns>
    public override string ToString() => $"{_settings}, as {(Convention == ClipImageConvention.OpenAI ? "OpenAI's code" : "Hugging Face's")}";

    /// <summary>Whether pictures are turned as EXIF says.</summary>
    internal bool IsUpright => _options.ApplyExifOrientation ?? false;

    /// <summary>The same with pictures turned, or not, if the caller chose; else as the model's reference does it.</summary>
    /// <param name="choice">The choice.</param>
    /// <param name="onTurnsIgnored">Told how many pictures were not turned; null to tell whom the other tells.</param>
    internal ClipImagePreprocessor WithOrientation(bool? choice, Action<long>? onTurnsIgnored = null)
    {
        var result = new ClipImagePreprocessor(this, choice ?? _options.ApplyExifOrientation ?? Convention == ClipImageConvention.HuggingFace);
        result._decoder.OnTurnsIgnored = onTurnsIgnored ?? _decoder.OnTurnsIgnored;
        return result;
    }

    /// <summary>Creates a preprocessor with CLIP's own settings: bicubic, shortest edge, centre crop, CLIP's means and standard deviations.</summary>
    /// <param name="imageSize">The edge of the square result, in pixels: 224 for most CLIP models.</param>
    /// <param name="options">The caller's choices; defaults if <see langword="null"/>.</param>
    /// <exception cref="ArgumentOutOfRangeException">The size is not from 1 to 4096, or an option is out of range.</exception>
    public static ClipImagePreprocessor Create(int imageSize = ClipImagePreprocessorSettings.DefaultImageSize, ClipImagePreprocessorOptions? options = null)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(imageSize, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(imageSize, ClipImagePreprocessorSettings.MaximumEdge);
        return new ClipImagePreprocessor(ClipImagePreprocessorSettings.ForImageSize(imageSize), options ?? new ClipImagePreprocessorOptions());
    }

    /// <summary>Creates a preprocessor from the text of a Hugging Face preprocessor_config.json or an open_clip preprocess_cfg.json.</summary>
    /// <param name="json">The configuration. It is open_clip's if it has a property <c>mean</c> or <c>interpolation</c>.</param>
    /// <param name="options">The caller's choices; defaults if <see langword="null"/>.</param>
    /// <exception cref="InvalidDataException">The text is not valid JSON, or a property has a value that makes no sense; the message names it.</exception>
    public static ClipImagePreprocessor FromJson(string json, ClipImagePreprocessorOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(json);
        return new ClipImagePreprocessor(PreprocessorConfiguration.Parse(json), options ?? new ClipImagePreprocessorOptions());
    }

    /// <summary>Creates a preprocessor from the files of a model directory.</summary>
    /// <param name="directory">
    /// The directory, with preprocessor_config.json or processor_config.json (Hugging Face), or visual/preprocess_cfg.json or
    /// open_clip_config.json (open_clip, immich).
    /// Without any of them CLIP's settings hold, with the image size of config.json.
    /// </param>
    /// <param name="options">The caller's choices; defaults if <see langword="null"/>.</param>
    /// <exception cref="DirectoryNotFoundException">There is no such directory.</exception>
    /// <exception cref="UnauthorizedAccessException">The directory may not be listed, or a file not be read.</exception>
    /// <exception cref="InvalidDataException">A property has a value that makes no sense; the message names file and property.</exception>
    public static ClipImagePreprocessor Load(string directory, ClipImagePreprocessorOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(directory);
        return Load(new DirectoryModelFiles(directory), options ?? new ClipImagePreprocessorOptions());
    }

    internal static ClipImagePreprocessor Load(ModelFiles files, ClipImagePreprocessorOptions options, ClipImagePreprocessorSettings? defaults = null,
        string folder = "", Action<string>? warn = null) => new(PreprocessorConfiguration.Read(files, defaults ?? new(), folder, warn), options);

    /// <summary>Preprocesses an image in memory.</summary>
    /// <param name="image">
    /// The image; it stays the caller's. Where it has transparent pixels they are taken as premultiplied, which is how <see cref="MLImage"/> decodes files, and
    /// divided by their alpha again; that loses the colour of fully transparent pixels and rounds others. (Pixels with a colour
    /// above their alpha cannot be premultiplied: then they are taken as they are.) For exact results on such images pass the file.
    /// </param>
    /// <param name="pixelValues">Receives the <see cref="PixelValueCount"/> values.</param>
    /// <exception cref="ArgumentException"><paramref name="pixelValues"/> has another length.</exception>
    /// <exception cref="ClipImageException">The image is too large or too narrow.</exception>
    public unsafe void Preprocess(MLImage image, Span<float> pixelValues)
    {
        ArgumentNullException.ThrowIfNull(image);
        RequireLength(pixelValues);
        var pixels = image.Pixels;
        fixed (byte* p = pixels)
        {
            using var rows = new PixelRowsInMemory(p, image.Width, image.Height)
            {
                BlueFirst = image.PixelFormat == MLPixelFormat.Bgra32,
                Alpha = AlphaMath.Classify(pixels),
            };
            Preprocess(rows, pixelValues);
        }
        // The pixels are the image's own memory, which its finalizer would free.
        GC.KeepAlive(image);
    }

    /// <summary>Reads, decodes and preprocesses an image file: JPEG, PNG, GIF, WebP, BMP or ICO.</summary>
    /// <param name="path">The file.</param>
    /// <param name="pixelValues">Receives the <see cref="PixelValueCount"/> values. What it holds after an exception is undefined.</param>
    /// <exception cref="ArgumentException"><paramref name="pixelValues"/> has another length.</exception>
    /// <exception cref="ClipImageException">The file is missing or cannot be read, or is no image, or a truncated, damaged or too large one.</exception>
    public void PreprocessFile(string path, Span<float> pixelValues) => PreprocessFile(path, pixelValues, CancellationToken.None);

    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    internal void PreprocessFile(string path, Span<float> pixelValues, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(path);
        RequireLength(pixelValues);
        try
        {
            using var file = ImageFile.Open(path);
            if (_decoder.User is { } user && user.Takes(file.Header))
            {
                PreprocessByUser(user, file, pixelValues, cancellation);
                return;
            }
            using var lease = _decoder.Reserve(file.Header, countsFile: true, cancellation);
            using var bytes = file.ReadAll();
            Preprocess(bytes.Span, lease, pixelValues, cancellation);
        }
        catch (Exception e) when (e is ClipImageException or IOException or UnauthorizedAccessException)
        {
            var error = e as ClipImageException ?? ImageFile.Explain(path, e);
            string shown = ClipException.Shown(path);
            throw new ClipImageException($"'{shown}': {(shown == path ? error.Message : error.Message.Replace(path, shown, StringComparison.Ordinal))}")
            {
                Path = path,
                // The system's own message may repeat a path whole, too.
                Cause = shown == path ? error.InnerException ?? error : null,
            };
        }
    }

    /// <summary>Decodes and preprocesses an image file that is in memory: JPEG, PNG, GIF, WebP, BMP or ICO.</summary>
    /// <param name="file">The file's bytes.</param>
    /// <param name="pixelValues">Receives the <see cref="PixelValueCount"/> values. What it holds after an exception is undefined.</param>
    /// <exception cref="ArgumentException"><paramref name="pixelValues"/> has another length.</exception>
    /// <exception cref="ClipImageException">The bytes are no image, or a truncated, damaged or too large one.</exception>
    public void PreprocessEncoded(ReadOnlySpan<byte> file, Span<float> pixelValues) => PreprocessEncoded(file, pixelValues, CancellationToken.None);

    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    internal void PreprocessEncoded(ReadOnlySpan<byte> file, Span<float> pixelValues, CancellationToken cancellation)
    {
        RequireLength(pixelValues);
        if (_decoder.User is { } user && user.Takes(new HeaderBytes(file)))
        {
            PreprocessByUser(user, file, counted: 0, pixelValues, cancellation);
            return;
        }
        using var lease = _decoder.Reserve(new HeaderBytes(file), countsFile: false, cancellation);
        Preprocess(file, lease, pixelValues, cancellation);
    }

    /// <summary>Reads, decodes and preprocesses an image file from a stream: JPEG, PNG, GIF, WebP, BMP or ICO.</summary>
    /// <param name="stream">The file's bytes, from where the stream stands to its end. It is not closed.</param>
    /// <param name="pixelValues">Receives the <see cref="PixelValueCount"/> values. What it holds after an exception is undefined.</param>
    /// <exception cref="ArgumentException"><paramref name="pixelValues"/> has another length.</exception>
    /// <exception cref="ClipImageException">The stream cannot be read, or is no image, or a truncated, damaged or too large one.</exception>
    public void PreprocessStream(Stream stream, Span<float> pixelValues) => PreprocessStream(stream, pixelValues, CancellationToken.None);

    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    internal void PreprocessStream(Stream stream, Span<float> pixelValues, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(stream);
        RequireLength(pixelValues);
        using var memory = ImageFile.Read(stream, _decoder.MaximumFileLength, out int length);
        var file = memory.Span[..length];
        if (_decoder.User is { } user && user.Takes(new HeaderBytes(file)))
        {
            PreprocessByUser(user, file, counted: length, pixelValues, cancellation);
            return;
        }
        using var lease = _decoder.Reserve(new HeaderBytes(file), countsFile: true, cancellation);
        Preprocess(file, lease, pixelValues, cancellation);
    }

    private unsafe void Preprocess(ReadOnlySpan<byte> file, DecodingLease lease, Span<float> pixelValues, CancellationToken cancellation)
    {
        fixed (byte* p = file)
        {
            using var rows = _decoder.Open(p, file.Length, lease);
            Preprocess(rows, pixelValues, cancellation);
        }
    }

    internal void Preprocess(PixelRows source, Span<float> pixelValues, CancellationToken cancellation = default)
    {
        var geometry = CropGeometry.Create(source.OriginalWidth, source.OriginalHeight, _settings);
        bool isResized = geometry.Columns.ResizedSize != source.Width || geometry.Rows.ResizedSize != source.Height;
        bool ownMode = isResized && Convention == ClipImageConvention.OpenAI;
        var filter = ownMode && source.IsIndexed ? ResampleFilter.Nearest : _settings.Filter;
        var columns = Weights(source.Width, geometry.Columns, filter);
        var rows = Weights(source.Height, geometry.Rows, filter);
        FillPadding(geometry, pixelValues);
        source.Need(columns.FirstInput, columns.EndInput);

        using var window = new ResizedRowWindow(source, columns, rows.Stride, BeforeResize(source.Alpha, ownMode));
        using var line = new PixelMemory(columns.Length * ImageResizer.Channels);
        var pixels = line.Span;
        int plane = Height * Width;
        for (int y = 0; y < rows.Length; y++)
        {
            cancellation.ThrowIfCancellationRequested();
            ImageResizer.ResizeColumns(window.Rows(rows.Start(y), rows.Stride), pixels, rows, y);
            if (ownMode && source.Alpha != AlphaKind.None)
            {
                AlphaMath.UnpremultiplyTruncated(pixels);
            }
            var row = pixelValues[(((y + geometry.Rows.Padding) * Width) + geometry.Columns.Padding)..];
            _normalizer.WriteRow(pixels, source.BlueFirst, row, row[plane..], row[(2 * plane)..]);
        }
        source.Complete();
    }

    private ResampleWeights Weights(int inputSize, CropAxis axis, ResampleFilter filter) =>
        _weights.Get(inputSize, axis.ResizedSize, filter, axis.Offset, axis.Count);

    // Pillow resizes an image with alpha premultiplied, and undoes it afterwards; converting to RGB first (Hugging Face) just drops the alpha.
    private static AlphaConversion BeforeResize(AlphaKind alpha, bool ownMode) => (alpha, ownMode) switch
    {
        (AlphaKind.Straight, true) => AlphaConversion.Premultiply,
        (AlphaKind.Premultiplied, false) => AlphaConversion.Unpremultiply,
        _ => AlphaConversion.None,
    };

    private void FillPadding(CropGeometry geometry, Span<float> pixelValues)
    {
        if (geometry.Columns.Count == Width && geometry.Rows.Count == Height)
        {
            return;
        }
        int plane = Height * Width;
        for (int channel = 0; channel < 3; channel++)
        {
            pixelValues.Slice(channel * plane, plane).Fill(_normalizer[channel, _settings.Fill]);
        }
    }

    private void RequireLength(Span<float> pixelValues)
    {
        if (pixelValues.Length != PixelValueCount)
        {
            throw new ArgumentException(
                $"Expected room for 3 x {Height} x {Width} = {PixelValueCount} values, but found {pixelValues.Length}.", nameof(pixelValues));
        }
    }
}
