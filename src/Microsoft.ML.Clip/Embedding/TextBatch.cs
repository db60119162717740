namespace Microsoft.ML.Clip;

/// <summary>
/// A batch of texts: tokenised into ids [Capacity, ContextLength], then encoded. It holds several of the encoder's batches, so that texts of like length can
/// go together.
/// </summary>
internal sealed class TextBatch(ClipModel model, bool normalize, OnTooLong onTooLong, int batchSize, int capacity)
    : EncoderBatch<ReadOnlyMemory<char>>(capacity, model.EmbeddingDimension)
{
    /// <summary>The encoder's batches in one of these.</summary>
    public const int EncoderBatches = 4;

    private readonly int[] _ids = new int[capacity * model.ContextLength];

    protected override bool TryPrepare(int row, in ReadOnlyMemory<char> input)
    {
        var ids = _ids.AsSpan(row * model.ContextLength, model.ContextLength);
        model.Tokenizer.EncodeToContext(input.Span, ids, out bool truncated);
        if (truncated && onTooLong == OnTooLong.Throw)
        {
            int tokens = model.Tokenizer.CountTokens(input.Span);
            throw new ArgumentException($"The text has {tokens} tokens, but the model's context holds {model.ContextLength}, start and end included: "
                + $"\"{Shorten(input.Span)}\". Shorten it, or set OnTooLong = OnTooLong.Truncate.");
        }
        return true;
    }

    protected override void EncodeCore(int count) =>
        model.EncodeTokens(_ids.AsMemory(0, count * model.ContextLength), count, normalize, Output.AsMemory(0, count * RowLength),
            new TextBatching(batchSize, Concurrency: 1, Alone: Capacity == 1));

    private static string Shorten(ReadOnlySpan<char> text) => text.Length <= 80 ? text.ToString() : $"{text[..80]}...";
}
