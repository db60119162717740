namespace Microsoft.ML.Clip;

/// <summary>Several splitters, each splitting the pieces of the one before. Without any, the text is one piece.</summary>
internal sealed class SplitterSequence(IReadOnlyList<PieceSplitter> splitters) : PieceSplitter
{
    /// <inheritdoc/>
    public override void Split(scoped ReadOnlySpan<char> text, int offset, ref ValueList<Piece> pieces) => Split(text, offset, 0, ref pieces);

    /// <inheritdoc/>
    public override bool Rewrites { get; } = splitters.Any(s => s.Rewrites);

    /// <inheritdoc/>
    public override void Rewrite(scoped ReadOnlySpan<char> text, bool isAtStart, ref ValueList<char> output, ref ValueList<Piece> pieces) =>
        Rewrite(text, isAtStart, 0, ref output, ref pieces);

    private void Rewrite(scoped ReadOnlySpan<char> text, bool isAtStart, int depth, ref ValueList<char> output, ref ValueList<Piece> pieces)
    {
        if (depth >= splitters.Count - 1)
        {
            if (depth < splitters.Count)
            {
                splitters[depth].Rewrite(text, isAtStart, ref output, ref pieces);
            }
            else
            {
                pieces.Add(new Piece(output.Count, text.Length));
                output.AddRange(text);
            }
            return;
        }
        var changed = new ValueList<char>([]);
        var parts = new ValueList<Piece>([]);
        splitters[depth].Rewrite(text, isAtStart, ref changed, ref parts);
        foreach (var part in parts.AsSpan())
        {
            Rewrite(changed.AsSpan().Slice(part.Start, part.Length), isAtStart && part.Start == 0, depth + 1, ref output, ref pieces);
        }
        changed.Dispose();
        parts.Dispose();
    }

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
