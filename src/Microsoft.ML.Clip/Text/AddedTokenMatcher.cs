using System.Buffers;
using System.Globalization;

namespace Microsoft.ML.Clip;

/// <summary>
/// Finds added tokens in a text: leftmost first, the longest of those that start at one place (<c>AddedVocabulary::find_matches</c> of Hugging
/// Face's tokenizers). A text without the first character of any token costs one vectorised search.
/// </summary>
internal sealed class AddedTokenMatcher
{
    /// <summary>How long an added token may be: a text costs at most as many comparisons a character.</summary>
    public const int MaximumLength = TokenTrie.MaximumTokenLength;

    // From here on a trie is quicker than one look at each, and bounds what a file of very many can cost.
    private const int TrieCount = 32;

    private readonly SearchValues<char> _firstChars;
    private readonly TokenTrie? _trie;
    private readonly AddedToken[] _tokens = [];
    private readonly Dictionary<char, AddedToken[]> _byFirstChar;

    public AddedTokenMatcher(IEnumerable<AddedToken> tokens)
    {
        _byFirstChar = tokens.Where(t => t.Content.Length > 0).GroupBy(t => t.Content[0])
            .ToDictionary(g => g.Key, g => g.OrderByDescending(t => t.Content.Length).ToArray());
        _firstChars = SearchValues.Create([.. _byFirstChar.Keys]);
        if (_byFirstChar.Values.Any(t => t.Length >= TrieCount))
        {
            _trie = new TokenTrie();
            _tokens = [.. _byFirstChar.Values.SelectMany(t => t)];
            // Of those that are equal, which normalisation may make them, the first counts.
            for (int i = _tokens.Length - 1; i >= 0; i--)
            {
                _trie.Add(_tokens[i].Content, i);
            }
        }
    }

    /// <summary>Finds the next token.</summary>
    /// <param name="text">The whole text.</param>
    /// <param name="searchFrom">Where to search on; moved behind the token.</param>
    /// <param name="segmentStart">The end of the token before: white space before it is taken already.</param>
    /// <param name="token">The token and the place that it takes, its white space included.</param>
    public bool TryFind(ReadOnlySpan<char> text, ref int searchFrom, int segmentStart, out Piece token)
    {
        for (int at; (at = text[searchFrom..].IndexOfAny(_firstChars)) >= 0;)
        {
            int start = searchFrom + at;
            if (LongestAt(text, start) is not { } found)
            {
                searchFrom = start + 1;
                continue;
            }
            int end = searchFrom = start + found.Content.Length;
            if (found.SingleWord && (EndsWithWord(text[..start]) || StartsWithWord(text[end..])))
            {
                continue;
            }
            while (found.LeftStrip && start > segmentStart && char.IsWhiteSpace(text[start - 1]))
            {
                start--;
            }
            while (found.RightStrip && end < text.Length && char.IsWhiteSpace(text[end]))
            {
                end++;
            }
            searchFrom = end;
            token = new Piece(start, end - start, found.Id);
            return true;
        }
        token = default;
        return false;
    }

    private AddedToken? LongestAt(ReadOnlySpan<char> text, int start)
    {
        if (_trie is not null)
        {
            return _trie.Longest(text[start..], out int index) > 0 ? _tokens[index] : null;
        }
        foreach (var token in _byFirstChar[text[start]])
        {
            if (text[start..].StartsWith(token.Content, StringComparison.Ordinal))
            {
                return token;
            }
        }
        return null;
    }

    private static bool StartsWithWord(ReadOnlySpan<char> text) =>
        System.Text.Rune.DecodeFromUtf16(text, out var first, out _) == OperationStatus.Done && IsWord(first);

    private static bool EndsWithWord(ReadOnlySpan<char> text) =>
        System.Text.Rune.DecodeLastFromUtf16(text, out var last, out _) == OperationStatus.Done && IsWord(last);

    // \w of the regular expressions that the reference uses: letters, marks, decimal digits, connectors.
    private static bool IsWord(System.Text.Rune rune) => System.Text.Rune.GetUnicodeCategory(rune) is
        <= UnicodeCategory.OtherLetter or UnicodeCategory.NonSpacingMark or UnicodeCategory.SpacingCombiningMark or UnicodeCategory.EnclosingMark or
        UnicodeCategory.DecimalDigitNumber or UnicodeCategory.ConnectorPunctuation;
}

/// <summary>A token that is looked for in the text itself, before any word is encoded; the flags are those of Hugging Face's <c>AddedToken</c>.</summary>
/// <param name="Content">The text of the token.</param>
/// <param name="Id">Its id.</param>
/// <param name="SingleWord">It is only found between non-word characters.</param>
/// <param name="LeftStrip">It takes the white space before it.</param>
/// <param name="RightStrip">It takes the white space after it.</param>
/// <param name="Normalized">It is looked for in the normalised text, rather than in the text as given.</param>
internal sealed record AddedToken(string Content, int Id, bool SingleWord, bool LeftStrip, bool RightStrip, bool Normalized);
