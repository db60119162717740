using System.Text;

namespace Microsoft.ML.Clip;

/// <summary>Hugging Face's <c>WhitespaceSplit</c>: what stands between white space.</summary>
internal sealed class WhiteSpaceSplitter : PieceSplitter
{
    /// <inheritdoc/>
    public override void Split(scoped ReadOnlySpan<char> text, int offset, ref ValueList<Piece> pieces)
    {
        for (int i = 0; i < text.Length; i++)
        {
            int start = i;
            while (i < text.Length && !char.IsWhiteSpace(text[i]))
            {
                i++;
            }
            if (i > start)
            {
                pieces.Add(new Piece(offset + start, i - start));
            }
        }
    }
}

/// <summary>Hugging Face's <c>BertPreTokenizer</c>: what stands between white space, every mark of punctuation by itself.</summary>
internal sealed class BertSplitter : PieceSplitter
{
    /// <inheritdoc/>
    public override void Split(scoped ReadOnlySpan<char> text, int offset, ref ValueList<Piece> pieces)
    {
        int start = 0;
        for (int i = 0; i < text.Length;)
        {
            char c = text[i];
            if (char.IsAsciiLetterOrDigit(c))
            {
                i++;
                continue;
            }
            _ = Rune.DecodeFromUtf16(text[i..], out var rune, out int length);
            bool isSpace = char.IsWhiteSpace(c);
            if (isSpace || BertCategories.IsPunctuation(rune.Value))
            {
                AddWord(start, i, offset, ref pieces);
                start = i + length;
                AddWord(isSpace ? start : i, start, offset, ref pieces);
            }
            i += length;
        }
        AddWord(start, text.Length, offset, ref pieces);
    }

    private static void AddWord(int start, int end, int offset, ref ValueList<Piece> pieces)
    {
        if (end > start)
        {
            pieces.Add(new Piece(offset + start, end - start));
        }
    }
}
