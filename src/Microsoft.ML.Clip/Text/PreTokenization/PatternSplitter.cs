namespace Microsoft.ML.Clip;

/// <summary>
/// Splits by any regular expression: Hugging Face's <c>Split</c> with behaviour Removed or Isolated, and the pattern of its <c>ByteLevel</c>.
/// </summary>
internal sealed class PatternSplitter(CodePointRegex pattern, bool keepMatches, bool keepRest) : PieceSplitter
{
    /// <summary>GPT-2's pattern, which <c>ByteLevel</c> applies with <c>use_regex</c>.</summary>
    private const string ByteLevelPattern = @"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+";

    public static PatternSplitter ByteLevel { get; } = new(new CodePointRegex(ByteLevelPattern), keepMatches: true, keepRest: true);

    /// <inheritdoc/>
    public override void Split(scoped ReadOnlySpan<char> text, int offset, ref ValueList<Piece> pieces)
    {
        int end = 0;
        foreach (var match in pattern.Matches(text))
        {
            Add(keepRest, end, match.Start - end, offset, ref pieces);
            Add(keepMatches, match.Start, match.Length, offset, ref pieces);
            end = match.Start + match.Length;
        }
        Add(keepRest, end, text.Length - end, offset, ref pieces);
    }

    private static void Add(bool keep, int start, int length, int offset, ref ValueList<Piece> pieces)
    {
        if (keep && length > 0)
        {
            pieces.Add(new Piece(offset + start, length));
        }
    }
}
