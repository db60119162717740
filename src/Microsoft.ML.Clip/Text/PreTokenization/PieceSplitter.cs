using Microsoft.ML.Tokenizers;

namespace Microsoft.ML.Clip;

/// <summary>Splits a normalised text into the pieces that are encoded one by one. Immutable and thread-safe.</summary>
internal abstract class PieceSplitter : PreTokenizer
{
    private const int StackLength = 64;

    /// <summary>Appends the pieces of <paramref name="text"/>, their places counted from <paramref name="offset"/>.</summary>
    public abstract void Split(scoped ReadOnlySpan<char> text, int offset, ref ValueList<Piece> pieces);

    /// <summary>Whether it changes the text, so that its pieces are not those of the text that it is given.</summary>
    public virtual bool Rewrites => false;

    /// <summary>Appends the text, as it is after the split, to <paramref name="output"/>, and its pieces with their places there.</summary>
    /// <param name="text">What is split.</param>
    /// <param name="isAtStart">Whether it stands at the start of the whole text.</param>
    /// <param name="output">Takes the text.</param>
    /// <param name="pieces">Takes the pieces.</param>
    public virtual void Rewrite(scoped ReadOnlySpan<char> text, bool isAtStart, ref ValueList<char> output, ref ValueList<Piece> pieces)
    {
        Split(text, output.Count, ref pieces);
        output.AddRange(text);
    }

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

/// <summary>A stretch of the normalised text: a word to be encoded, or a token already found.</summary>
/// <param name="Start">Where it starts.</param>
/// <param name="Length">Its length.</param>
/// <param name="TokenId">The id of the token that it is, or <see cref="Word"/>.</param>
internal readonly record struct Piece(int Start, int Length, int TokenId = Piece.Word)
{
    public const int Word = -1;
}
