using Microsoft.ML.Data;

namespace Microsoft.ML.Clip;

/// <summary>
/// A CLIP model (Radford et al. 2021, arXiv 2103.00020): an image encoder and a text encoder that map into one space, with the tokenizer, the
/// image preprocessing and the logit scale that belong to them.
/// </summary>
/// <remarks>
/// <para>Thread-safe. ONNX Runtime sessions are opened when first needed. The application references the native ONNX Runtime: the package
/// Microsoft.ML.OnnxRuntime, or Microsoft.ML.OnnxRuntime.Gpu for CUDA.</para>
/// <para>Whoever loads a model disposes it. Pipeline steps made from it keep what they need alive beyond that; the model itself then refuses
/// further work.</para>
/// </remarks>
public sealed partial class ClipModel : IDisposable
{
    private readonly ClipTowers _towers;
    private readonly ClipModelLog _log;
    private readonly ReferenceCount _references;
    private readonly Lazy<ClipTokenizer> _tokenizer;
    private readonly Lazy<ClipImagePreprocessor> _preprocessor;
    private readonly RecordingModelFiles _tokenizerFiles, _preprocessorFiles;
    private readonly Lazy<int> _embeddingDimension;
    private readonly Lazy<LogitRule?> _logits;
    private readonly Lazy<float> _logitScale;
    // How many ids a text becomes, by all files but tokenizer.json; null where the graph decides.
    private readonly int? _plannedLength;
    private int _isDisposed;

    private ClipModel(ModelFiles files, ClipModelOptions options)
    {
        options.Validate();
        (Files, Options) = (files, options);
        _log = new ClipModelLog(this);
        _towers = new ClipTowers(files, options, _log);
        _references = new ReferenceCount(_towers.Dispose);
        (_tokenizerFiles, _preprocessorFiles) = (files.Recording(), files.Recording());
        _tokenizer = new(() => LoadTokenizer(_tokenizerFiles));
        _preprocessor = new(() => ClipImagePreprocessor.Load(_preprocessorFiles, Options.Preprocessing, Family.Preprocessing, _towers.ImageFolder, _log.Warn)
            .WithOrientation(Options.Preprocessing.ApplyExifOrientation, WarnOfTurns));
        _embeddingDimension = new(() => _towers.Image?.Dimension ?? _towers.Text?.Dimension ?? MeasureDimension());
        _logits = new(FindLogitRule);
        _logitScale = new(() => (float?)_logits.Value?.Scale ?? AssumeLogitScale());
        if (HasImageEncoder)
        {
            CheckImageSize();
        }
        if (HasTextEncoder)
        {
            WarnOfTokenizer();
        }
        if (_towers.Text is { SequenceLength: null } text)
        {
            _plannedLength = GraphFit.CheckContextLength(files, text.Graph, options.Tokenizer, Family.Texts, TakesLastPlace, _log.Warn);
        }
    }

    /// <summary>
    /// What the model has to say: the execution provider that runs, a fallback, an assumed logit scale. A new handler first hears what was said
    /// before it came; only warnings of labels and prompts that a caller gives are for those who listen already. Handlers run on the thread that
    /// speaks.
    /// </summary>
    public event EventHandler<ClipModelMessage>? Message
    {
        add => _log.Add(value);
        remove => _log.Remove(value);
    }

    /// <summary>The length of image and text embeddings in the joint space.</summary>
    public int EmbeddingDimension => _embeddingDimension.Value;

    /// <summary>The height of the images that the encoder sees, in pixels; CLIP's are square.</summary>
    public int ImageSize => _towers.Image?.Height ?? Preprocessor.Height;

    /// <summary>The number of token ids that a text becomes, start, end and padding included; longer texts are truncated.</summary>
    public int ContextLength => _towers.Text?.SequenceLength ?? Tokenizer.ContextLength;

    /// <summary>Whether the model can embed images.</summary>
    public bool HasImageEncoder => _towers.Image is not null;

    /// <summary>Whether the model can embed texts.</summary>
    public bool HasTextEncoder => _towers.Text is not null;

    /// <summary>What turns texts into token ids. Loaded on first use.</summary>
    /// <exception cref="FileNotFoundException">The model has no tokenizer files; the message names those looked for.</exception>
    public ClipTokenizer Tokenizer => _tokenizer.Value;

    /// <summary>What turns images into pixel values.</summary>
    public ClipImagePreprocessor Preprocessor => _preprocessor.Value;

    internal ModelFiles Files { get; }

    /// <summary>What kind of CLIP it is.</summary>
    internal ClipFamily Family => _towers.Family;

    internal ClipModelOptions Options { get; }

    /// <summary>Loads a model directory; no session is opened yet, but every file is checked.</summary>
    /// <remarks>
    /// <para>Hugging Face, Xenova, onnx-community: <c>onnx/vision_model.onnx</c> and <c>onnx/text_model.onnx</c>, or <c>onnx/model.onnx</c> with
    /// both towers; also directly in the directory; with a suffix such as <c>_fp16</c> (<see cref="ClipModelOptions.Variant"/>).</para>
    /// <para>immich, open_clip: <c>visual/model.onnx</c> and <c>textual/model.onnx</c>. Others: <c>visual.onnx</c> with <c>textual.onnx</c> or
    /// <c>text.onnx</c>, <c>image-encoder.onnx</c> with <c>text-encoder.onnx</c>, <c>NAME.img.fp32.onnx</c> with <c>NAME.txt.fp32.onnx</c>; folders such as
    /// <c>onnx/s0</c> are variants.</para>
    /// <para>config.json or open_clip_config.json says what kind of model it is: CLIP, SigLIP, ... What is not known is said through <see cref="Message"/>:
    /// listen to it when you load a model for the first time.</para>
    /// <para>One of the towers may be missing.</para>
    /// </remarks>
    /// <param name="directory">The directory that holds config.json and the ONNX files, or folders with them.</param>
    /// <param name="options">Choices, or <see langword="null"/> for the defaults.</param>
    /// <returns>The model, to be disposed.</returns>
    /// <exception cref="DirectoryNotFoundException">There is no such directory.</exception>
    /// <exception cref="UnauthorizedAccessException">The directory may not be listed, or a file not be read.</exception>
    /// <exception cref="FileNotFoundException">The directory holds no CLIP model, not the variant asked for, or not all of its files.</exception>
    /// <exception cref="InvalidDataException">A file is broken, or the files do not fit together; the message names them.</exception>
    public static ClipModel Load(string directory, ClipModelOptions? options = null)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(directory);
        var model = Load(new DirectoryModelFiles(directory), options ?? new());
        if (model is { Options.Storage: ClipModelStorage.Reference, Files.Root: { } root })
        {
            OwnDirectories.Add(Path.TrimEndingDirectorySeparator(root));
        }
        return model;
    }

    /// <summary>
    /// Opens the sessions and runs each encoder once, so that the first request does not wait for it: on a file of 600 MB that takes seconds. Without it the
    /// same happens at the first use.
    /// </summary>
    /// <remarks>
    /// Single rows (a prediction engine, <see cref="EncodeImage"/>, <see cref="EncodeText"/>) and batches (views, lists) have sessions of their own where several
    /// batches run at the same time; on the CPU they share the weights. See <see cref="ClipModelOptions.ConcurrentBatches"/>. Thread-safe. A pipeline that was
    /// loaded from a file is warmed up by one prediction. Where an <see cref="MLContext"/> is to say which GPU it is, make the pipeline first.
    /// </remarks>
    /// <param name="images">Whether to warm up the image encoder; <see langword="null"/>: if there is one.</param>
    /// <param name="texts">Whether to warm up tokenizer and text encoder; <see langword="null"/>: if there is one.</param>
    /// <param name="batchSize">1 for what encodes single rows; more for what encodes batches.</param>
    /// <param name="cancellationToken">Ends it between two steps: a session that is being opened is opened to the end.</param>
    /// <exception cref="ArgumentOutOfRangeException">The batch size is below 1, or more rows than one array can hold.</exception>
    /// <exception cref="InvalidOperationException">An encoder that was asked for is not there, or ONNX Runtime failed.</exception>
    /// <exception cref="InvalidDataException">ONNX Runtime cannot open a file.</exception>
    /// <exception cref="FileNotFoundException">Texts were asked for, and the model has no tokenizer files.</exception>
    /// <exception cref="ObjectDisposedException">The model is disposed.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public void WarmUp(bool? images = null, bool? texts = null, int batchSize = 1, CancellationToken cancellationToken = default)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(batchSize, 1);
        using var use = Use(byOwner: true);
        cancellationToken.ThrowIfCancellationRequested();
        if (images ?? HasImageEncoder)
        {
            WarmUpImages(batchSize);
        }
        cancellationToken.ThrowIfCancellationRequested();
        if (texts ?? HasTextEncoder)
        {
            WarmUpTexts(batchSize);
        }
    }

    /// <summary>What the files say that the model was loaded from, for people to read. Opens no session.</summary>
    /// <returns>The summary.</returns>
    /// <exception cref="InvalidDataException">A file of the preprocessing or of the tokenizer is broken; the message names it.</exception>
    /// <exception cref="ObjectDisposedException">The model is disposed.</exception>
    public ClipModelSummary Summarize()
    {
        using var use = Use(byOwner: true);
        bool hasTokenizer = HasTextEncoder && HasTokenizer();
        return new()
        {
            Family = Family.Name,
            Variant = _towers.Layout.Variant is { Length: > 0 } variant ? variant.TrimStart('_') : null,
            ImageFile = HasImageEncoder ? _towers.Layout.ImageFile : null,
            TextFile = HasTextEncoder ? _towers.Layout.TextFile : null,
            Preprocessing = HasImageEncoder ? Preprocessor.ToString() : null,
            Tokenizer = hasTokenizer ? Tokenizer.Summary : null,
            Files = [.. RequiredFiles(HasImageEncoder, hasTokenizer).Concat(HasTextEncoder ? _towers.TextFiles() : []).Distinct()
                .Order(StringComparer.Ordinal)],
        };
    }

    /// <summary>Warns those who listen of something that is not the model's own.</summary>
    internal void Warn(string text) => _log.WarnListeners(text);

    private static void RequireBatch(int batchSize, int valuesPerRow) =>
        ArgumentOutOfRangeException.ThrowIfGreaterThan(batchSize, Array.MaxLength / valuesPerRow);

    // Without it images can be embedded all the same.
    private bool HasTokenizer()
    {
        try
        {
            _ = Tokenizer;
            return true;
        }
        catch (FileNotFoundException)
        {
            return false;
        }
    }

    private void WarnOfTurns(long count) => _log.Warn(
        $"{count} image{(count == 1 ? " is" : "s are")} not stored upright by EXIF and not turned; Hugging Face's pipelines turn them, OpenAI's code does not. To turn them set "
        + $"{nameof(ClipImagePreprocessorOptions)}.{nameof(ClipImagePreprocessorOptions.ApplyExifOrientation)}.");

    internal static ClipModel Load(ModelFiles files, ClipModelOptions options) => new(files, options);

    /// <summary>Reads a stream to see whether it holds an ONNX graph, before anything is made of it.</summary>
    /// <returns>The names of the files that the graph keeps weights in.</returns>
    /// <exception cref="InvalidDataException">It holds none; the message begins with the description.</exception>
    internal static IEnumerable<string> CheckGraph(Stream stream, string name, string description)
    {
        var graph = OnnxGraphReader.Read(stream, name, description);
        return graph.ExternalLocations.Select(location => OnnxExternalData.NameAt(graph, location));
    }

    /// <summary>Lets the model go. Native sessions are released when the last pipeline step and the last running call are done with them.</summary>
    public void Dispose()
    {
        if (Interlocked.Exchange(ref _isDisposed, 1) == 0)
        {
            _references.Remove();
        }
    }
}
