namespace Microsoft.ML.Clip;

/// <summary>A stretch of the normalised text: a word to be encoded, or a token already found.</summary>
/// <param name="Start">Where it starts.</param>
/// <param name="Length">Its length.</param>
/// <param name="TokenId">The id of the token that it is, or <see cref="Word"/>.</param>
internal readonly record struct Piece(int Start, int Length, int TokenId = Piece.Word)
{
    public const int Word = -1;
}
