using System.Buffers;

namespace Microsoft.ML.Clip;

/// <content>Embedding texts without ML.NET's pipelines.</content>
public sealed partial class ClipModel
{
    // Enough texts for batches of like length, few enough for their ids and embeddings to weigh nothing.
    private const int TextsAtOnce = 1024;

    /// <summary>Embeds one text, cut to <see cref="ContextLength"/> tokens as the reference does.</summary>
    /// <param name="text">The text; an empty one is a text, too.</param>
    /// <param name="normalize">Whether the embedding is divided by its Euclidean norm, so that scalar products are cosines.</param>
    /// <returns>T_e: <see cref="EmbeddingDimension"/> values.</returns>
    /// <exception cref="ArgumentNullException">The text is <see langword="null"/>.</exception>
    /// <exception cref="FileNotFoundException">The model has no tokenizer files.</exception>
    /// <exception cref="ClipEncodingException">The encoder gave no usable embedding.</exception>
    /// <exception cref="InvalidOperationException">The model has no text encoder, or ONNX Runtime failed.</exception>
    /// <exception cref="ObjectDisposedException">The model is disposed.</exception>
    public float[] EncodeText(string text, bool normalize = true)
    {
        ArgumentNullException.ThrowIfNull(text);
        return EncodeTexts([text], normalize)[0];
    }

    /// <summary>
    /// Embeds texts: each is cut to <see cref="ContextLength"/> tokens as the reference does, equal ones are encoded once, and those of like length together,
    /// in batches of <see cref="ClipModelOptions.BatchSize"/>.
    /// </summary>
    /// <param name="texts">The texts; an empty one is a text, too.</param>
    /// <param name="normalize">Whether each embedding is divided by its Euclidean norm, so that scalar products are cosines.</param>
    /// <param name="progress">Told from time to time how many texts are done.</param>
    /// <param name="cancellationToken">Ends the work between two runs of the encoder.</param>
    /// <returns>One array of <see cref="EmbeddingDimension"/> values for each text, in order.</returns>
    /// <exception cref="ArgumentException">A text is <see langword="null"/>; the message gives its index.</exception>
    /// <exception cref="FileNotFoundException">The model has no tokenizer files.</exception>
    /// <exception cref="ClipEncodingException">The encoder gave no usable embedding for a text.</exception>
    /// <exception cref="InvalidOperationException">The model has no text encoder, or ONNX Runtime failed.</exception>
    /// <exception cref="ObjectDisposedException">The model is disposed.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public float[][] EncodeTexts(IReadOnlyList<string> texts, bool normalize = true, IProgress<int>? progress = null,
        CancellationToken cancellationToken = default)
    {
        using var use = UseForTexts(texts, normalize);
        return EncodeAll(texts, tokenCounts: default, normalize, progress, cancellationToken);
    }

    /// <summary>Embeds texts and counts their tokens.</summary>
    /// <param name="texts">The texts; an empty one is a text, too.</param>
    /// <param name="tokenCounts">
    /// Receives how many tokens the encoder sees of each text, start and end included: at most <see cref="ContextLength"/>. Of a text that comes again, too.
    /// </param>
    /// <param name="normalize">Whether each embedding is divided by its Euclidean norm, so that scalar products are cosines.</param>
    /// <param name="progress">Told from time to time how many texts are done.</param>
    /// <param name="cancellationToken">Ends the work between two runs of the encoder.</param>
    /// <inheritdoc cref="EncodeTexts(IReadOnlyList{string}, bool, IProgress{int}?, CancellationToken)"/>
    public float[][] EncodeTexts(IReadOnlyList<string> texts, Memory<int> tokenCounts, bool normalize = true, IProgress<int>? progress = null,
        CancellationToken cancellationToken = default)
    {
        using var use = UseForTexts(texts, normalize);
        Require.Length(tokenCounts.Length, texts.Count, nameof(tokenCounts));
        return EncodeAll(texts, tokenCounts, normalize, progress, cancellationToken);
    }

    /// <summary>Embeds texts into the caller's memory, one embedding behind the other.</summary>
    /// <param name="texts">The texts; an empty one is a text, too.</param>
    /// <param name="embeddings">Receives [texts, <see cref="EmbeddingDimension"/>], row-major. After an exception some rows may be written.</param>
    /// <param name="normalize">Whether each embedding is divided by its Euclidean norm, so that scalar products are cosines.</param>
    /// <param name="progress">Told from time to time how many texts are done.</param>
    /// <param name="cancellationToken">Ends the work between two runs of the encoder.</param>
    /// <inheritdoc cref="EncodeTexts(IReadOnlyList{string}, bool, IProgress{int}?, CancellationToken)"/>
    public void EncodeTexts(IReadOnlyList<string> texts, Span<float> embeddings, bool normalize = true, IProgress<int>? progress = null,
        CancellationToken cancellationToken = default) =>
        EncodeTexts(texts, embeddings, normalize, progress, onRun: null, cancellationToken);

    /// <summary>As above; told of each run of the encoder, on the thread that ran it, is how many distinct texts it was.</summary>
    internal void EncodeTexts(IReadOnlyList<string> texts, Span<float> embeddings, bool normalize, IProgress<int>? progress, Action<int>? onRun,
        CancellationToken cancellationToken)
    {
        using var use = UseForTexts(texts, normalize);
        Into(embeddings, texts.Count, nameof(embeddings), rows => InBatches(texts.Count, TextsInMemory, concurrency: 1,
            nameof(texts), progress, cancellationToken, (first, count) => EncodeBatch(texts, first, normalize, rows.Slice(first, count), Run)));

        void Run(int count)
        {
            cancellationToken.ThrowIfCancellationRequested();
            onRun?.Invoke(count);
        }
    }

    private int TextsInMemory => BatchOf(Math.Max(Options.BatchSize, TextsAtOnce), ContextLength);

    private void WarmUpTexts(int batchSize)
    {
        _towers.RequireText();
        RequireBatch(batchSize, Math.Max(ContextLength, EmbeddingDimension));
        string[] texts = new string[batchSize];
        // Different ones, as equal ones are encoded once.
        for (int i = 0; i < batchSize; i++)
        {
            texts[i] = $"a photo of {i}";
        }
        EncodeBatch(texts, 0, normalize: false, new Rows<float>(new float[batchSize * EmbeddingDimension], EmbeddingDimension));
    }

    private float[][] EncodeAll(IReadOnlyList<string> texts, Memory<int> tokenCounts, bool normalize, IProgress<int>? progress,
        CancellationToken cancellationToken) =>
        InBatches(texts.Count, TextsInMemory, concurrency: 1, nameof(texts), progress, cancellationToken, (first, embeddings) =>
            EncodeBatch(texts, first, normalize, embeddings, _ => cancellationToken.ThrowIfCancellationRequested(), tokenCounts));

    private Lease UseForTexts(IReadOnlyList<string> texts, bool normalize)
    {
        Require.NoNulls(texts);
        var use = Use(byOwner: true);
        try
        {
            if (!_tokenizer.IsValueCreated)
            {
                OpenTextsAhead(normalize, isAlone: texts.Count == 1);
            }
            _ = Tokenizer;
            return use;
        }
        catch
        {
            use.Dispose();
            throw;
        }
    }

    /// <summary>Tokenises and encodes texts from <paramref name="first"/> on, as many as there are rows in <paramref name="embeddings"/>.</summary>
    private void EncodeBatch(IReadOnlyList<string> texts, int first, bool normalize, Rows<float> embeddings, Action<int>? onRun = null,
        Memory<int> tokenCounts = default)
    {
        var tokenizer = Tokenizer;
        int length = tokenizer.ContextLength, count = embeddings.Count;
        int[] memory = ArrayPool<int>.Shared.Rent(checked(count * length));
        try
        {
            var share = texts.Count == 1 ? Share.Alone() : Share;
            var ids = new Rows<int>(memory.AsMemory(0, count * length), length);
            ParallelRows.For(count, share.PreparingThreads, i =>
            {
                int tokens = tokenizer.EncodeToContext(texts[first + i], ids[i], out _);
                if (!tokenCounts.IsEmpty)
                {
                    tokenCounts.Span[first + i] = tokens;
                }
            });
            EncodeTokens(ids, normalize, embeddings, share, onRun);
        }
        finally
        {
            ArrayPool<int>.Shared.Return(memory);
        }
    }
}
