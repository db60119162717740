namespace Microsoft.ML.Clip;

/// <summary>
/// A batch of texts: tokenised into ids [Capacity, ContextLength], then encoded. It holds several of the encoder's batches, so that texts of like length can
/// go together.
/// </summary>
internal sealed class TextBatch(ClipModel model, bool normalize, OnTooLong onTooLong, int batchSize, int capacity)
    : RowWork<ReadOnlyMemory<char>>(capacity, model.EmbeddingDimension)
{
    /// <summary>The encoder's batches in one of these.</summary>
    public const int EncoderBatches = 4;

    private readonly Rows<int> _ids = new(new int[capacity * model.ContextLength], model.ContextLength);

    protected override bool TryPrepare(int row, in ReadOnlyMemory<char> input)
    {
        model.Tokenizer.EncodeToContext(input.Span, _ids[row], out bool truncated);
        if (truncated && onTooLong == OnTooLong.Throw)
        {
            int tokens = model.Tokenizer.CountTokens(input.Span);
            throw new ArgumentException($"The text has {tokens} tokens, but the model's context holds {model.ContextLength}, start and end included: "
                + $"\"{Shorten(input.Span)}\". Shorten it, or set OnTooLong = OnTooLong.Truncate.");
        }
        return true;
    }

    protected override void EncodeCore(int count)
    {
        var share = model.Share.OneOfSeveral() with { BatchSize = batchSize };
        model.EncodeTokens(_ids.Slice(0, count), normalize, Output.Slice(0, count), Capacity == 1 ? share.Alone() : share);
    }

    private static string Shorten(ReadOnlySpan<char> text) => text.Length <= 80 ? text.ToString() : $"{text[..80]}...";
}
