namespace Microsoft.ML.Clip;

/// <summary>An alternative of CLIP's pattern that is the text of a special token.</summary>
internal sealed class SpecialText
{
    /// <summary>ſ, which a pattern that ignores case takes for an s.</summary>
    public const char LongS = '\u017F';

    private readonly int[] _pieceLengths;
    private readonly int _tokenId;

    private SpecialText(string text, int[] pieceLengths, int tokenId) => (Text, _pieceLengths, _tokenId) = (text, pieceLengths, tokenId);

    public string Text { get; }

    /// <summary>
    /// A text that is the token itself, as in OpenAI's tokenizer. It is looked for in lower case; a token that is written otherwise never occurs there,
    /// and its text is one word.
    /// </summary>
    public static SpecialText Token(string text, int id)
    {
        string lower = text.ToLowerInvariant();
        return new(lower, [text.Length], lower == text ? id : Piece.Word);
    }

    /// <summary>
    /// A text that is kept together, then split as any other by the next pre-tokenizer. It occurs where the text of a token got its form only by
    /// normalisation, so that it is no token.
    /// </summary>
    public static SpecialText Pieces(string text, PieceSplitter? next) =>
        new(text, next is null ? [text.Length] : [.. next.PreTokenize(text).Select(p => p.Length)], Piece.Word);

    public bool IsAt(ReadOnlySpan<char> text, bool ignoreCase)
    {
        if (text.Length < Text.Length || text[0] != Text[0])
        {
            return false;
        }
        return text.StartsWith(Text, StringComparison.Ordinal) || (ignoreCase && EqualsWithLongS(text[..Text.Length]));
    }

    public void Append(scoped ReadOnlySpan<char> text, int offset, ref ValueList<Piece> pieces)
    {
        // Only the exact text is the token; another spelling of it is one word.
        int id = text.StartsWith(Text, StringComparison.Ordinal) ? _tokenId : Piece.Word;
        foreach (int length in _pieceLengths)
        {
            pieces.Add(new Piece(offset, length, id));
            offset += length;
        }
    }

    private bool EqualsWithLongS(ReadOnlySpan<char> text)
    {
        for (int i = 0; i < text.Length; i++)
        {
            if ((text[i] == LongS ? 's' : text[i]) != Text[i])
            {
                return false;
            }
        }
        return true;
    }
}
