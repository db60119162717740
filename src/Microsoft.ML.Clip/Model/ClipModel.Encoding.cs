using System.Buffers;

namespace Microsoft.ML.Clip;

/// <content>What pipeline steps work with: whole batches in memory of their own, and a share in the model's lifetime.</content>
public sealed partial class ClipModel
{
    private int PixelHeight => _towers.Image?.Height ?? Preprocessor.Height;

    private int PixelWidth => _towers.Image?.Width ?? Preprocessor.Width;

    /// <summary>The length of a kind of image embedding.</summary>
    /// <exception cref="NotSupportedException">The graph does not have it; the message names the graph and its outputs.</exception>
    internal int ImageFeatureDimension(ClipFeatures features) => _towers.RequireImage().TensorWidth(features, PixelHeight, PixelWidth);

    /// <summary>Checks that texts can be embedded, before the first one comes.</summary>
    /// <exception cref="InvalidOperationException">The model has no text encoder.</exception>
    /// <exception cref="FileNotFoundException">The model has no tokenizer files.</exception>
    internal void CheckTextEncoder()
    {
        _towers.RequireText();
        _ = Tokenizer;
    }

    /// <summary>Whether texts are encoded without their padding; null as long as it is not known.</summary>
    internal bool? TakesShorterTexts => _towers.Text?.TakesShorter;

    /// <summary>How work is cut and spread over the machine, unless a step says otherwise.</summary>
    internal WorkShare Share => _towers.Sessions.Share;

    /// <summary>The graph of the image tower, and the tensor in it that holds the joint embedding before anything is done to its length.</summary>
    internal (OnnxGraph Graph, string Features) ImageTower
    {
        get
        {
            var encoder = _towers.RequireImage();
            return (encoder.Graph, encoder.Tensor(ClipFeatures.JointEmbedding, normalize: false));
        }
    }

    /// <summary>The same of the text tower.</summary>
    internal (OnnxGraph Graph, string Features) TextTower
    {
        get
        {
            var encoder = _towers.RequireText();
            return (encoder.Graph, encoder.Projected);
        }
    }

    /// <summary>What embeds batches of pixel values for a pipeline step: [count, 3 · height · width] to [count, dimension], alone or beside others.</summary>
    internal Action<Rows<float>, Rows<float>, bool> ImageEncoder(ClipFeatures features, bool normalize) => (pixelValues, output, isAlone) =>
        EncodePixels(pixelValues, features, normalize, output, isAlone ? Share.Alone() : Share.OneOfSeveral());

    /// <summary>Begins to open the session of the image encoder, so that it is there when the first batch is prepared.</summary>
    internal void OpenImagesAhead(ClipFeatures features, bool normalize, bool isAlone)
    {
        var encoder = _towers.RequireImage();
        encoder.OpenAhead(encoder.Tensor(features, normalize), isAlone, Hold);
    }

    /// <summary>Begins to open the session of the text encoder.</summary>
    internal void OpenTextsAhead(bool normalize, bool isAlone) => _towers.RequireText().OpenAhead(normalize, isAlone, Hold);

    /// <summary>What embeds batches of token ids for a pipeline step: [count, context length] to [count, dimension], alone or beside others.</summary>
    internal Action<Rows<int>, Rows<float>, bool> TextEncoder(bool normalize, int batchSize) => (ids, output, isAlone) =>
        EncodeTokens(ids, normalize, output, (isAlone ? Share.Alone() : Share.OneOfSeveral()) with { BatchSize = batchSize });

    /// <summary>Embeds a batch of preprocessed images.</summary>
    /// <param name="pixelValues">[count, 3 · height · width], the caller's memory; read without a copy where the graph takes float32.</param>
    /// <param name="features">Which embedding.</param>
    /// <param name="normalize">Whether each row is divided by its norm; if not, rows are as the projection leaves them, whatever the graph does after it.</param>
    /// <param name="output">[count, <see cref="ImageFeatureDimension"/>]; written in place where the graph gives float32.</param>
    /// <param name="share">Whether the batch has the machine to itself; null for <see cref="Share"/>, which it has with others.</param>
    /// <exception cref="ClipEncodingException">A row came out without a usable value; the exception holds its index.</exception>
    internal void EncodePixels(Rows<float> pixelValues, ClipFeatures features, bool normalize, Rows<float> output, WorkShare? share = null)
    {
        using var use = Use(byOwner: false);
        var encoder = _towers.RequireImage();
        int count = pixelValues.Count, width = features == ClipFeatures.JointEmbedding ? EmbeddingDimension : ImageFeatureDimension(features);
        Require.Length(pixelValues.Values.Length, (long)count * 3 * PixelHeight * PixelWidth, nameof(pixelValues));
        Require.Length(output.Values.Length, (long)count * width, nameof(output));
        encoder.Encode(pixelValues, PixelHeight, PixelWidth, encoder.Tensor(features, normalize), output, share ?? Share);
        EmbeddingRows.Finish(output, normalize, $"image encoder {encoder.Graph.Description}");
    }

    /// <summary>Embeds a batch of texts.</summary>
    /// <param name="ids">[count, <see cref="ContextLength"/>]: start, pieces, end, padding.</param>
    /// <param name="normalize">Whether each row is divided by its norm; if not, rows are as the projection leaves them, whatever the graph does after it.</param>
    /// <param name="output">[count, <see cref="EmbeddingDimension"/>]; written in place where the graph gives float32.</param>
    /// <param name="share">How many are encoded together, and at the same time; null for all of them in one run.</param>
    /// <param name="onRun">Told of each run of the encoder how many texts it was; what it throws ends the work.</param>
    /// <exception cref="ClipEncodingException">A row came out without a usable value; the exception holds its index.</exception>
    internal void EncodeTokens(Rows<int> ids, bool normalize, Rows<float> output, WorkShare? share = null, Action<int>? onRun = null)
    {
        using var use = Use(byOwner: false);
        var encoder = _towers.RequireText();
        // Ids that did not come from the tokenizer do not need it, unless the graph does.
        var frame = encoder.TakesMask || _tokenizer.IsValueCreated ? Tokenizer.Frame : null;
        Require.Length(ids.Values.Length, (long)ids.Count * ContextLength, nameof(ids));
        Require.Length(output.Values.Length, (long)ids.Count * EmbeddingDimension, nameof(output));
        encoder.Encode(ids, frame, normalize, output, share ?? Share.OneOfSeveral() with { BatchSize = ids.Count }, onRun);
        EmbeddingRows.Finish(output, normalize, $"text encoder {encoder.Graph.Description}");
    }

    /// <summary>
    /// The names of the files that a saved pipeline must carry to load these towers again: those that were opened for them, and those that say what kind of
    /// model it is, whoever reads them: a later version may ask them for more.
    /// </summary>
    internal IReadOnlyList<string> RequiredFiles(bool image, bool text)
    {
        var names = KnownFiles.ModelConfigurations.Where(Files.Contains);
        if (image)
        {
            _ = Preprocessor;
            names = [.. names, .. _towers.ImageFiles(), .. _preprocessorFiles.Opened];
        }
        if (text)
        {
            _ = Tokenizer;
            names = [.. names, .. _towers.TextFiles(), .. _tokenizerFiles.Opened];
        }
        return [.. names.Distinct().Order(StringComparer.Ordinal)];
    }

    /// <summary>Supplies what the options leave open about the device, for sessions that are not open yet: what the MLContext says.</summary>
    internal void UseDeviceDefaults(int? gpuDeviceId, bool fallbackToCpu) => _towers.Sessions.UseDefaults(gpuDeviceId, fallbackToCpu);

    /// <summary>A share in the model: its sessions live until it is disposed, even if the model is disposed before. Disposing it again does nothing.</summary>
    /// <exception cref="ObjectDisposedException">The model is disposed and has no other share.</exception>
    internal IDisposable AddReference() => Use(byOwner: false);

    // What opens sessions ahead: else a step whose owner has disposed the model would go on as long as that takes, and fail then.
    private Lease Hold() => _references.TryHold() ? new Lease(_references.RemoveHold) : throw Disposed();

    private Lease Use(bool byOwner)
    {
        ObjectDisposedException.ThrowIf(byOwner && Volatile.Read(ref _isDisposed) != 0, this);
        return _references.TryAdd() ? new Lease(_references.Remove) : throw Disposed();
    }

    private static ObjectDisposedException Disposed() =>
        new(typeof(ClipModel).FullName, "The CLIP model is disposed, and so are all steps that shared it. ML.NET's prediction engines dispose the steps that they were made of "
                + "when they are disposed themselves: where several share a pipeline, make them with PredictionEngineOptions { OwnsTransformer = false }.");

    private void CheckImageSize()
    {
        if (Preprocessor.Height != PixelHeight || Preprocessor.Width != PixelWidth)
        {
            throw new InvalidDataException(
                $"The preprocessing configuration in {Files.Location} makes images of {Preprocessor.Height} x {Preprocessor.Width} pixels, but {_towers.Image!.Graph.Description} takes {PixelHeight} x {PixelWidth}.");
        }
        if (_towers.Image is { Height: null, Width: null } image)
        {
            GraphFit.CheckImageSize(Files, image.Graph, Preprocessor.Height, Preprocessor.Width);
        }
    }

    // The tokenizer itself is read when the first text comes; who has images only never waits for it.
    private void WarnOfTokenizer()
    {
        string? name = new[] { "", KnownFiles.TextFolder + "/" }.Select(folder => folder + KnownFiles.Tokenizer).FirstOrDefault(Files.Contains);
        if (name is not null && TokenizerHead.WhyNot(Files, name) is { } reason)
        {
            _log.Warn($"Texts cannot be embedded with the model in {Files.Location}{(HasImageEncoder ? ", images can" : "")}: {reason}");
        }
    }

    private ClipTokenizer LoadTokenizer(ModelFiles files)
    {
        var options = Options.Tokenizer;
        if (_towers.Text?.SequenceLength is { } length && options.ContextLength != length)
        {
            // A graph of fixed length leaves no choice.
            options = options.ContextLength is null
                ? options with { ContextLength = length }
                : throw new InvalidOperationException($"{nameof(ClipTokenizerOptions)}.{nameof(ClipTokenizerOptions.ContextLength)} is {options.ContextLength}, but {_towers.Text.Graph.Description} takes exactly {length} token ids.");
        }
        var tokenizer = ClipTokenizer.Load(files, options, Family.Texts);
        if (_towers.Text is { } tower)
        {
            // Only for CLIP's own tokenizer is it known what a tower that sees the padding was trained with.
            tower.ChecksPadding &= tokenizer.IsClips;
        }
        bool isClips = ReferenceEquals(Family.Texts, TextRule.Clip);
        if (_plannedLength is { } planned && (TakesLastPlace ? tokenizer.ContextLength != planned : isClips && tokenizer.ContextLength < planned))
        {
            _log.Warn(GraphFit.TooShort(_towers.Text!.Graph, tokenizer.ContextLength, $"{KnownFiles.Tokenizer} or the files beside it in {Files.Location}", TakesLastPlace, $" should get {planned}"));
        }
        if (TakesLastPlace && Family.Texts.Start is null && tokenizer.StartToken is { } start)
        {
            _log.Warn($"The {KnownFiles.Tokenizer} in {Files.Location} begins texts with '{ClipException.Shown(start)}', which {Family.Name} was trained without. It is done as the file says; "
                + $"if the file was copied from another model, take '{ClipException.Shown(start)}' out of its post_processor.");
        }
        if (Family.IsAssumed && !tokenizer.IsClips)
        {
            _log.Warn($"Nothing in {Files.Location} says what kind of model it is, and its tokenizer is not CLIP's. Texts are taken as its tokenizer says: other models want them cleaned, cut or filled otherwise. "
                + $"Add the {KnownFiles.Configuration} that the model is published with.");
        }
        return tokenizer;
    }

    private bool TakesLastPlace => Family.Pooling == ClipTextPooling.LastPlace;

    private int MeasureDimension()
    {
        using var use = Use(byOwner: false);
        return HasImageEncoder ? ImageFeatureDimension(ClipFeatures.JointEmbedding) : _towers.RequireText().MeasureDimension(ContextLength);
    }

    /// <summary>The rows of a batch: as many as asked for, but no more than one array can hold.</summary>
    private int BatchOf(int rows, int valuesPerRow) => Math.Min(rows, Array.MaxLength / Math.Max(valuesPerRow, EmbeddingDimension));

    /// <summary>Cuts a list into batches, some of them at work at the same time, and gives out one array per row.</summary>
    private float[][] InBatches(int total, int batchSize, int concurrency, string listName, IProgress<int>? progress, CancellationToken cancellationToken,
        Action<int, Rows<float>> encode)
    {
        float[][] result = new float[total][];
        int width = total == 0 ? 0 : EmbeddingDimension;
        InBatches(total, batchSize, concurrency, listName, progress, cancellationToken, (first, count) =>
        {
            float[] memory = ArrayPool<float>.Shared.Rent(checked(count * width));
            try
            {
                var embeddings = new Rows<float>(memory.AsMemory(0, count * width), width);
                encode(first, embeddings);
                for (int i = 0; i < count; i++)
                {
                    result[first + i] = embeddings[i].ToArray();
                }
            }
            finally
            {
                ArrayPool<float>.Shared.Return(memory);
            }
        });
        return result;
    }

    /// <summary>Cuts a list into batches, some of them at work at the same time; errors name the place in the list.</summary>
    private static void InBatches(int total, int batchSize, int concurrency, string listName, IProgress<int>? progress, CancellationToken cancellationToken,
        Action<int, int> encode)
    {
        int done = 0;
        ConcurrentBatches.For(ConcurrentBatches.Count(total, batchSize), concurrency, batch =>
        {
            cancellationToken.ThrowIfCancellationRequested();
            int first = batch * batchSize, count = Math.Min(batchSize, total - first);
            try
            {
                encode(first, count);
            }
            catch (ClipEncodingException e)
            {
                int index = first + (int)e.Row.GetValueOrDefault();
                throw new ClipEncodingException(index, $"{listName}[{index}]: {e.Message}") { Cause = e };
            }
            progress?.Report(Interlocked.Add(ref done, count));
        });
    }

    /// <summary>Lets threads write into a caller's span, as rows of embeddings.</summary>
    private unsafe void Into(Span<float> embeddings, int count, string name, Action<Rows<float>> write)
    {
        if (count == 0)
        {
            Require.Length(embeddings.Length, 0, name);
            return;
        }
        Require.Length(embeddings.Length, (long)count * EmbeddingDimension, name);
        fixed (float* pointer = embeddings)
        {
            write(new Rows<float>(new PinnedMemory<float>(pointer, embeddings.Length).Memory, EmbeddingDimension));
        }
    }

    /// <summary>Gives one reference back, once.</summary>
    private sealed class Lease(Action giveBack) : IDisposable
    {
        private Action? _giveBack = giveBack;

        public void Dispose() => Interlocked.Exchange(ref _giveBack, null)?.Invoke();
    }
}
