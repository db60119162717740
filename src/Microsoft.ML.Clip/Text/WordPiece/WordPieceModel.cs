using System.Text;

namespace Microsoft.ML.Clip;

/// <summary>
/// WordPiece, as BERT has it (Wu et al. 2016, arXiv 1609.08144): the longest token that a word starts with, then the longest that what is left starts with.
/// A word that cannot be used up so is unknown as a whole. Immutable and thread-safe.
/// </summary>
internal sealed class WordPieceModel : ITokenModel
{
    // Marks that BERT's decoder puts at the word before them.
    private static readonly string[] Leaning = [".", "?", "!", ",", "n't", "'m", "'s", "'ve", "'re"];

    private readonly TokenTrie _words = new();
    private readonly TokenTrie _rests = new();
    private readonly string _prefix;
    private readonly int _unknownId;
    private readonly int _maximumLength;

    /// <param name="source">Where it was read, for messages.</param>
    /// <param name="vocabulary">The id of every token.</param>
    /// <param name="unknownId">The token for a word that is none of the others.</param>
    /// <param name="prefix">What a token begins with that goes on with a word.</param>
    /// <param name="maximumLength">The number of characters of the longest word that is looked at.</param>
    /// <exception cref="InvalidDataException">The vocabulary is too large.</exception>
    public WordPieceModel(string source, IReadOnlyDictionary<string, int> vocabulary, int unknownId, string prefix, int maximumLength)
    {
        (Source, Vocabulary, _unknownId, _prefix, _maximumLength) = (source, vocabulary, unknownId, prefix, maximumLength);
        foreach (var (token, id) in vocabulary)
        {
            _words.Add(token, id);
            if (token.StartsWith(prefix, StringComparison.Ordinal) && token.Length > prefix.Length)
            {
                _rests.Add(token.AsSpan(prefix.Length), id);
            }
        }
    }

    public string Source { get; }

    public IReadOnlyDictionary<string, int> Vocabulary { get; }

    /// <summary>How tokens are put together again; null as BERT does, else why not.</summary>
    public string? Refusal { get; init; }

    /// <summary>Whether decoding moves marks to the word before them.</summary>
    public bool CleansUp { get; init; } = true;

    public void Encode(scoped ReadOnlySpan<char> piece, ref ValueList<int> ids)
    {
        int before = ids.Count;
        if (!IsShort(piece))
        {
            ids.Add(_unknownId);
            return;
        }
        for (int start = 0; start < piece.Length;)
        {
            int length = (start == 0 ? _words : _rests).Longest(piece[start..], out int id);
            if (length == 0)
            {
                ids.Count = before;
                ids.Add(_unknownId);
                return;
            }
            ids.Add(id);
            start += length;
        }
    }

    public void Locate(scoped ReadOnlySpan<char> piece, ref ValueList<TokenPlace> tokens)
    {
        int before = tokens.Count;
        if (!IsShort(piece))
        {
            tokens.Add(new TokenPlace(_unknownId, 0, piece.Length));
            return;
        }
        for (int start = 0; start < piece.Length;)
        {
            int length = (start == 0 ? _words : _rests).Longest(piece[start..], out int id);
            if (length == 0)
            {
                tokens.Count = before;
                tokens.Add(new TokenPlace(_unknownId, 0, piece.Length));
                return;
            }
            tokens.Add(new TokenPlace(id, start, start + length));
            start += length;
        }
    }

    public void Decode(string token, ref bool joins, ref ValueList<byte> utf8)
    {
        if (Refusal is not null)
        {
            throw new NotSupportedException(Refusal);
        }
        bool goesOn = !joins && token.StartsWith(_prefix, StringComparison.Ordinal);
        string text = goesOn ? token[_prefix.Length..] : token;
        if (!joins && !goesOn && !(CleansUp && Leaning.Contains(token)))
        {
            utf8.Add((byte)' ');
        }
        joins = false;
        Encoding.UTF8.GetBytes(text, utf8.Append(Encoding.UTF8.GetByteCount(text)));
    }

    /// <summary>Whether a word has no more characters than are looked at; surrogate pairs count once.</summary>
    private bool IsShort(ReadOnlySpan<char> piece)
    {
        if (piece.Length <= _maximumLength)
        {
            return true;
        }
        int count = 0;
        foreach (char c in piece)
        {
            count += char.IsLowSurrogate(c) ? 0 : 1;
        }
        return count <= _maximumLength;
    }
}
