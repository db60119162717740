namespace Microsoft.ML.Clip;

/// <summary>What becomes of the matches of a pattern by which a text is split: Hugging Face's <c>SplitDelimiterBehavior</c>.</summary>
internal enum MatchBehavior
{
    Removed,
    Isolated,
    MergedWithPrevious,
    MergedWithNext,
    Contiguous,
}

/// <summary>
/// Splits by any regular expression: Hugging Face's <c>Split</c>, and the pattern of its <c>ByteLevel</c>.
/// </summary>
/// <param name="pattern">The pattern.</param>
/// <param name="behavior">What becomes of what matches.</param>
/// <param name="inverted">Whether what lies between the matches counts as matches, and they as what lies between.</param>
internal sealed class PatternSplitter(CodePointRegex pattern, MatchBehavior behavior, bool inverted = false) : PieceSplitter
{
    /// <summary>GPT-2's pattern, which <c>ByteLevel</c> applies with <c>use_regex</c>.</summary>
    private const string ByteLevelPattern = @"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+";

    public static PatternSplitter ByteLevel { get; } = new(new CodePointRegex(ByteLevelPattern), MatchBehavior.Isolated);

    /// <inheritdoc/>
    public override void Split(scoped ReadOnlySpan<char> text, int offset, ref ValueList<Piece> pieces)
    {
        int end = 0, first = pieces.Count;
        // The kind of the part before, which decides what a match is merged with.
        bool previous = false;
        foreach (var match in pattern.Matches(text))
        {
            Add(inverted, offset + end, match.Start - end, first, ref previous, ref pieces);
            Add(!inverted, offset + match.Start, match.Length, first, ref previous, ref pieces);
            end = match.Start + match.Length;
        }
        Add(inverted, offset + end, text.Length - end, first, ref previous, ref pieces);
    }

    private void Add(bool isMatch, int start, int length, int first, ref bool previous, ref ValueList<Piece> pieces)
    {
        if (length == 0)
        {
            return;
        }
        // Of neighbouring matches, the first goes to what is before it, the last to what is behind it.
        bool joins = pieces.Count > first && behavior switch
        {
            MatchBehavior.MergedWithPrevious => isMatch && !previous,
            MatchBehavior.MergedWithNext => !isMatch && previous,
            MatchBehavior.Contiguous => isMatch == previous,
            _ => false,
        };
        previous = isMatch;
        if (joins)
        {
            var last = pieces[pieces.Count - 1];
            pieces[pieces.Count - 1] = last with { Length = last.Length + length };
        }
        else if (!(isMatch && behavior == MatchBehavior.Removed))
        {
            pieces.Add(new Piece(start, length));
        }
    }
}
