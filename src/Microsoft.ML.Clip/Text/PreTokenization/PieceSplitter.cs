using Microsoft.ML.Tokenizers;

namespace Microsoft.ML.Clip;

/// <summary>Splits a normalised text into the pieces that are encoded one by one. Immutable and thread-safe.</summary>
internal abstract class PieceSplitter : PreTokenizer
{
    private const int StackLength = 64;

    /// <summary>Appends the pieces of <paramref name="text"/>, their places counted from <paramref name="offset"/>.</summary>
    public abstract void Split(scoped ReadOnlySpan<char> text, int offset, ref ValueList<Piece> pieces);

    /// <inheritdoc/>
    public override IEnumerable<(int Offset, int Length)> PreTokenize(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        return PreTokenize(text.AsSpan());
    }

    /// <inheritdoc/>
    public override IEnumerable<(int Offset, int Length)> PreTokenize(ReadOnlySpan<char> text)
    {
        var pieces = new ValueList<Piece>(stackalloc Piece[StackLength]);
        Split(text, 0, ref pieces);
        var places = new (int, int)[pieces.Count];
        for (int i = 0; i < places.Length; i++)
        {
            places[i] = (pieces[i].Start, pieces[i].Length);
        }
        pieces.Dispose();
        return places;
    }
}
