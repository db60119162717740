namespace Microsoft.ML.Clip;

/// <summary>A token of a piece, and the characters of the piece that it stands for.</summary>
/// <param name="Id">The token.</param>
/// <param name="Start">Where the first of its characters starts.</param>
/// <param name="End">Where the last ends. Tokens that share a character, as bytes do, have places that overlap.</param>
internal readonly record struct TokenPlace(int Id, int Start, int End);
