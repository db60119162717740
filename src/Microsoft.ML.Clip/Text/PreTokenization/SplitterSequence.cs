namespace Microsoft.ML.Clip;

/// <summary>Several splitters, each splitting the pieces of the one before. Without any, the text is one piece.</summary>
internal sealed class SplitterSequence(IReadOnlyList<PieceSplitter> splitters) : PieceSplitter
{
    /// <inheritdoc/>
    public override void Split(scoped ReadOnlySpan<char> text, int offset, ref ValueList<Piece> pieces) => Split(text, offset, 0, ref pieces);

    private void Split(scoped ReadOnlySpan<char> text, int offset, int depth, ref ValueList<Piece> pieces)
    {
        if (depth == splitters.Count)
        {
            pieces.Add(new Piece(offset, text.Length));
            return;
        }
        var parts = new ValueList<Piece>([]);
        splitters[depth].Split(text, 0, ref parts);
        foreach (var part in parts.AsSpan())
        {
            Split(text.Slice(part.Start, part.Length), offset + part.Start, depth + 1, ref pieces);
        }
        parts.Dispose();
    }
}
