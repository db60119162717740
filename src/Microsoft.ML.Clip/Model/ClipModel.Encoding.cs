using System.Buffers;
using Microsoft.ML.Data;

namespace Microsoft.ML.Clip;

/// <content>What pipeline steps work with: whole batches in memory of their own, and a share in the model's lifetime.</content>
public sealed partial class ClipModel
{
    // Enough texts for batches of like length, few enough for their ids and embeddings to weigh nothing.
    private const int TextsAtOnce = 1024;

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

    /// <summary>How the work of a pipeline step is spread over the machine.</summary>
    internal BatchConcurrency Concurrency => new(_towers.Sessions.Share.Batches, Options.PreprocessingThreads ?? Environment.ProcessorCount);

    /// <summary>Embeds a batch of preprocessed images.</summary>
    /// <param name="pixelValues">[count, 3, height, width], the caller's memory; read without a copy where the graph takes float32.</param>
    /// <param name="count">The number of images.</param>
    /// <param name="features">Which embedding.</param>
    /// <param name="normalize">Whether each row is divided by its norm; if not, rows are as the projection leaves them, whatever the graph does after it.</param>
    /// <param name="output">[count, <see cref="ImageFeatureDimension"/>]; written in place where the graph gives float32.</param>
    /// <param name="alone">Whether the batch has the machine to itself; if not, it shares it with <see cref="Concurrency"/>'s others.</param>
    /// <exception cref="ClipEncodingException">A row came out without a usable value; the exception holds its index.</exception>
    internal void EncodePixels(ReadOnlyMemory<float> pixelValues, int count, ClipFeatures features, bool normalize, Span<float> output, bool alone = false)
    {
        using var use = Use(byOwner: false);
        var encoder = _towers.RequireImage();
        int width = features == ClipFeatures.JointEmbedding ? EmbeddingDimension : ImageFeatureDimension(features);
        Require.Length(pixelValues.Length, (long)count * 3 * PixelHeight * PixelWidth, nameof(pixelValues));
        Require.Length(output.Length, (long)count * width, nameof(output));
        encoder.Encode(pixelValues, count, PixelHeight, PixelWidth, encoder.Tensor(features, normalize), output, width, alone);
        EmbeddingRows.Finish(output, width, normalize, $"image encoder {encoder.Graph.Description}");
    }

    /// <summary>Embeds a batch of texts.</summary>
    /// <param name="ids">[count, <see cref="ContextLength"/>]: start, pieces, end, padding.</param>
    /// <param name="count">The number of texts.</param>
    /// <param name="normalize">Whether each row is divided by its norm; if not, rows are as the projection leaves them, whatever the graph does after it.</param>
    /// <param name="output">[count, <see cref="EmbeddingDimension"/>]; written in place where the graph gives float32.</param>
    /// <exception cref="ClipEncodingException">A row came out without a usable value; the exception holds its index.</exception>
    /// <param name="batching">How many are encoded together; null for all of them in one run.</param>
    internal void EncodeTokens(ReadOnlyMemory<int> ids, int count, bool normalize, Memory<float> output, TextBatching? batching = null)
    {
        using var use = Use(byOwner: false);
        var encoder = _towers.RequireText();
        // Ids that did not come from the tokenizer do not need it, unless the graph does.
        int? endOfText = encoder.TakesMask || _tokenizer.IsValueCreated ? Tokenizer.EndOfTextId : null;
        Require.Length(ids.Length, (long)count * ContextLength, nameof(ids));
        Require.Length(output.Length, (long)count * EmbeddingDimension, nameof(output));
        encoder.Encode(ids, ContextLength, endOfText, normalize, output, EmbeddingDimension, batching ?? new TextBatching(count, 1, Alone: false));
        EmbeddingRows.Finish(output.Span, EmbeddingDimension, normalize, $"text encoder {encoder.Graph.Description}");
    }

    /// <summary>The names of the files that a saved pipeline must carry to load these towers again.</summary>
    internal IReadOnlyList<string> RequiredFiles(bool image, bool text)
    {
        var names = _towers.RequiredFiles(image, text);
        names = image ? names.Concat(ClipImagePreprocessor.RequiredFiles(Files)) : names;
        names = text ? names.Concat(ClipTokenizer.RequiredFiles(Files)) : names;
        return [.. names.Distinct().Order(StringComparer.Ordinal)];
    }

    /// <summary>Supplies what the options leave open about the device, for sessions that are not open yet: what the MLContext says.</summary>
    internal void UseDeviceDefaults(int? gpuDeviceId, bool fallbackToCpu) => _towers.Sessions.UseDefaults(gpuDeviceId, fallbackToCpu);

    /// <summary>A share in the model: its sessions live until it is disposed, even if the model is disposed before. Disposing it again does nothing.</summary>
    /// <exception cref="ObjectDisposedException">The model is disposed and has no other share.</exception>
    internal IDisposable AddReference() => Use(byOwner: false);

    private Share Use(bool byOwner)
    {
        ObjectDisposedException.ThrowIf((byOwner && Volatile.Read(ref _isDisposed) != 0) || !_references.TryAdd(), this);
        return new Share(_references);
    }

    private void CheckImageSize()
    {
        if (Preprocessor.Height != PixelHeight || Preprocessor.Width != PixelWidth)
        {
            throw new InvalidDataException(
                $"The preprocessing configuration in {Files.Location} makes images of {Preprocessor.Height} x {Preprocessor.Width} pixels, but {_towers.Image!.Graph.Description} takes {PixelHeight} x {PixelWidth}.");
        }
    }

    private ClipTokenizer LoadTokenizer()
    {
        var options = Options.Tokenizer;
        if (_towers.Text?.SequenceLength is { } length && options.ContextLength != length)
        {
            // A graph of fixed length leaves no choice.
            options = options.ContextLength is null
                ? new ClipTokenizerOptions { Cleaning = options.Cleaning, ContextLength = length, PadId = options.PadId }
                : throw new InvalidOperationException($"{nameof(ClipTokenizerOptions)}.{nameof(ClipTokenizerOptions.ContextLength)} is {options.ContextLength}, but {_towers.Text.Graph.Description} takes exactly {length} token ids.");
        }
        return ClipTokenizer.Load(Files, options);
    }

    private int MeasureDimension()
    {
        using var use = Use(byOwner: false);
        return HasImageEncoder ? ImageFeatureDimension(ClipFeatures.JointEmbedding) : _towers.RequireText().MeasureDimension(ContextLength);
    }

    private void Preprocess(MLImage image, int index, Span<float> pixelValues)
    {
        try
        {
            Preprocessor.Preprocess(image, pixelValues);
        }
        catch (ClipImageException e)
        {
            throw new ClipImageException($"images[{index}]: {e.Message}", e);
        }
    }

    /// <summary>Preprocesses and encodes images from <paramref name="first"/> on, as many as there are rows in <paramref name="embeddings"/>.</summary>
    private void EncodeBatch(IReadOnlyList<MLImage> images, int first, int count, bool normalize, int threads, Span<float> embeddings)
    {
        int length = Preprocessor.PixelValueCount;
        float[] pixelValues = ArrayPool<float>.Shared.Rent(checked(count * length));
        try
        {
            ParallelRows.For(count, threads, i => Preprocess(images[first + i], first + i, pixelValues.AsSpan(i * length, length)));
            EncodePixels(pixelValues.AsMemory(0, count * length), count, ClipFeatures.JointEmbedding, normalize, embeddings, alone: images.Count == 1);
        }
        finally
        {
            ArrayPool<float>.Shared.Return(pixelValues);
        }
    }

    /// <summary>Tokenises and encodes texts from <paramref name="first"/> on, as many as there are rows in <paramref name="embeddings"/>.</summary>
    private void EncodeBatch(IReadOnlyList<string> texts, int first, int count, bool normalize, Memory<float> embeddings)
    {
        var tokenizer = Tokenizer;
        int length = tokenizer.ContextLength;
        int[] ids = ArrayPool<int>.Shared.Rent(checked(count * length));
        try
        {
            ParallelRows.For(count, Concurrency.PreparingThreads, i => tokenizer.EncodeToContext(texts[first + i], ids.AsSpan(i * length, length), out _));
            var batching = new TextBatching(Options.BatchSize, Concurrency.EncodedBatches, Alone: texts.Count == 1);
            EncodeTokens(ids.AsMemory(0, count * length), count, normalize, embeddings, batching);
        }
        finally
        {
            ArrayPool<int>.Shared.Return(ids);
        }
    }

    /// <summary>Cuts a list into batches, some of them at work at the same time, and gives out one array per row.</summary>
    private float[][] InBatches(int total, int batchSize, int concurrency, string listName, Action<int, int, Memory<float>> encode)
    {
        float[][] result = new float[total][];
        int width = total == 0 ? 0 : EmbeddingDimension;
        ConcurrentBatches.For((total + batchSize - 1) / batchSize, concurrency, batch =>
        {
            int first = batch * batchSize, count = Math.Min(batchSize, total - first);
            float[] embeddings = ArrayPool<float>.Shared.Rent(checked(count * width));
            try
            {
                encode(first, count, embeddings.AsMemory(0, count * width));
                for (int i = 0; i < count; i++)
                {
                    result[first + i] = embeddings.AsSpan(i * width, width).ToArray();
                }
            }
            catch (ClipEncodingException e)
            {
                throw new ClipEncodingException(first + e.Row, $"{listName}[{first + e.Row}]: {e.Message}", e);
            }
            finally
            {
                ArrayPool<float>.Shared.Return(embeddings);
            }
        });
        return result;
    }

    /// <summary>Gives one reference back, once.</summary>
    private sealed class Share(ReferenceCount references) : IDisposable
    {
        private ReferenceCount? _references = references;

        public void Dispose() => Interlocked.Exchange(ref _references, null)?.Remove();
    }
}
