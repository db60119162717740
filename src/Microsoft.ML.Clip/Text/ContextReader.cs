namespace Microsoft.ML.Clip;

/// <summary>Reads the values of a column of texts into token ids. Immutable and thread-safe.</summary>
/// <param name="tokenizer">What makes ids.</param>
/// <param name="contextLength">How many a text becomes.</param>
/// <param name="onTooLong">What to do with a text of more.</param>
internal sealed class ContextReader(ClipTokenizer tokenizer, int contextLength, ClipOnTooLong onTooLong)
{
    private const int LongestQuotation = 80;

    /// <summary>Reads a text.</summary>
    /// <returns>Null: every text can be read.</returns>
    /// <exception cref="ArgumentException">The text is too long, and the caller asked not to cut it.</exception>
    public ClipException? Read(in ReadOnlyMemory<char> text, Span<int> ids)
    {
        tokenizer.EncodeToContext(text.Span, ids, out bool truncated);
        if (truncated && onTooLong == ClipOnTooLong.Throw)
        {
            int tokens = tokenizer.CountTokens(text.Span);
            throw new ArgumentException($"The text has {tokens} tokens, but the model's context holds {contextLength}, start and end included: "
                + $"\"{Shorten(text.Span)}\". Shorten it, or set OnTooLong = ClipOnTooLong.Truncate.");
        }
        return null;
    }

    private static string Shorten(ReadOnlySpan<char> text) => text.Length <= LongestQuotation ? text.ToString() : $"{text[..LongestQuotation]}...";
}
