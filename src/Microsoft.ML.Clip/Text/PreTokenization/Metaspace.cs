namespace Microsoft.ML.Clip;

/// <summary>
/// Hugging Face's <c>Metaspace</c>: spaces become a mark, ordinarily U+2581, one is put before the text, and every mark starts a piece. It changes the text.
/// </summary>
internal sealed class Metaspace(char mark, MetaspacePrefix prefix, bool splits) : PieceSplitter
{
    /// <summary>Where a mark is put before a text that has none.</summary>
    public MetaspacePrefix Prefix => prefix;

    /// <summary>What the tokens behind it read as.</summary>
    public PieceText Text => new() { Space = mark, IsPrefixed = prefix != MetaspacePrefix.Never };

    /// <inheritdoc/>
    public override bool Rewrites => true;

    /// <inheritdoc/>
    public override void Rewrite(scoped ReadOnlySpan<char> text, bool isAtStart, ref ValueList<char> output, ref ValueList<Piece> pieces)
    {
        if (text.IsEmpty)
        {
            return;
        }
        int start = output.Count;
        if ((prefix == MetaspacePrefix.Always || (prefix == MetaspacePrefix.First && isAtStart)) && text[0] != ' ' && text[0] != mark)
        {
            output.Add(mark);
        }
        text.Replace(output.Append(text.Length), ' ', mark);
        AddPieces(output.AsSpan()[start..], mark, start, ref pieces);
    }

    /// <inheritdoc/>
    public override void Split(scoped ReadOnlySpan<char> text, int offset, ref ValueList<Piece> pieces) => AddPieces(text, ' ', offset, ref pieces);

    private void AddPieces(scoped ReadOnlySpan<char> text, char space, int offset, ref ValueList<Piece> pieces)
    {
        while (!text.IsEmpty)
        {
            int next = splits ? text[1..].IndexOfAny(space, mark) : -1;
            int length = next < 0 ? text.Length : next + 1;
            pieces.Add(new Piece(offset, length));
            text = text[length..];
            offset += length;
        }
    }
}

/// <summary>Where <see cref="Metaspace"/> puts a mark before a text.</summary>
internal enum MetaspacePrefix
{
    Always,

    /// <summary>Only before what stands at the start of the whole text.</summary>
    First,

    Never,
}
