using System.Buffers;
using System.Text;

namespace Microsoft.ML.Clip;

/// <summary>
/// Byte-level byte-pair encoding of words into ids. Immutable and thread-safe. It keeps no cache of words: merging a word takes a few table
/// look-ups per letter, less than a shared cache would cost, and costs the same for words never seen.
/// </summary>
internal sealed class BytePairModel : ITokenModel
{
    private const int NoToken = -1;
    private const int StackLength = 128;

    private readonly int[] _byteIds = new int[256];
    private readonly int[] _lastByteIds = new int[256];
    private readonly MergeTable _merges;
    private readonly string _endOfWordSuffix;
    private readonly int _unknownId;
    private readonly bool _fuseUnknown;

    // For places only, so they are not gathered before they are asked for.
    private readonly Lazy<Dictionary<int, string>> _tokens;

    /// <exception cref="InvalidDataException">A merge, or the unknown token, is not in the vocabulary.</exception>
    public BytePairModel(BytePairDefinition definition)
    {
        (Source, Vocabulary, _endOfWordSuffix) = (definition.Source, definition.Vocabulary, definition.EndOfWordSuffix);
        for (int b = 0; b < 256; b++)
        {
            string symbol = ByteToUnicodeTable.ToChar((byte)b).ToString();
            _byteIds[b] = definition.Vocabulary.GetValueOrDefault(symbol, NoToken);
            _lastByteIds[b] = definition.Vocabulary.GetValueOrDefault(symbol + definition.EndOfWordSuffix, NoToken);
        }
        _unknownId = definition.UnknownToken is null ? NoToken : definition.Vocabulary.GetValueOrDefault(definition.UnknownToken, NoToken);
        _fuseUnknown = definition.FuseUnknown;
        if (definition.UnknownToken is not null && _unknownId == NoToken && (_byteIds.Contains(NoToken) || _lastByteIds.Contains(NoToken)))
        {
            throw new InvalidDataException($"The vocabulary of {definition.Source} has neither all 256 bytes nor its unknown token '{definition.UnknownToken}'.");
        }
        _merges = BuildMerges(definition);
        _tokens = new(() =>
        {
            var tokens = new Dictionary<int, string>();
            foreach (var (token, id) in Vocabulary)
            {
                tokens[id] = token;
            }
            return tokens;
        });
    }

    /// <summary>Whether the end of a word is marked, as in OpenAI's vocabulary.</summary>
    public bool MarksEndOfWord => _endOfWordSuffix == ClipTokens.EndOfWord;

    public string Source { get; }

    public IReadOnlyDictionary<string, int> Vocabulary { get; }

    public void Encode(scoped ReadOnlySpan<char> word, ref ValueList<int> ids)
    {
        byte[]? rented = null;
        int maximum = Encoding.UTF8.GetMaxByteCount(word.Length);
        var bytes = maximum <= StackLength ? stackalloc byte[StackLength] : rented = ArrayPool<byte>.Shared.Rent(maximum);
        int start = ids.Count;
        // Lone surrogates become U+FFFD here: UTF-8 has no other form for them.
        AppendSymbols(bytes[..Encoding.UTF8.GetBytes(word, bytes)], ref ids);
        ids.Count = start + BytePairMerger.Merge(ids.AsWritableSpan()[start..], _merges);
        if (rented is not null)
        {
            ArrayPool<byte>.Shared.Return(rented);
        }
    }

    public void Locate(scoped ReadOnlySpan<char> piece, ref ValueList<TokenPlace> tokens)
    {
        var ids = new ValueList<int>(stackalloc int[StackLength]);
        Encode(piece, ref ids);
        var bytes = new WordBytes(piece, 0);
        int place = 0;
        foreach (int id in ids.AsSpan())
        {
            int length = ByteCount(bytes.Values, ref place, _tokens.Value[id]);
            tokens.Add(new TokenPlace(id, bytes.Starts[place], bytes.Ends[place + length - 1]));
            place += length;
        }
        ids.Dispose();
    }

    /// <summary>The number of bytes of a piece, in UTF-8, that a token of it stands for.</summary>
    /// <param name="piece">The piece.</param>
    /// <param name="place">Where the token before it ends; moved over bytes that gave no token at all.</param>
    /// <param name="token">The token.</param>
    internal int ByteCount(ReadOnlySpan<byte> piece, ref int place, string token)
    {
        while (IsUnknown(piece[place], place == piece.Length - 1))
        {
            int unknown = UnknownLength(piece[place..]);
            if (unknown > 0)
            {
                return unknown;
            }
            place++;
        }
        return Math.Min(TokenBytes.Count(token, _endOfWordSuffix), piece.Length - place);
    }

    public void Decode(string token, ref bool joins, ref ValueList<byte> utf8)
    {
        if (!joins)
        {
            utf8.Add((byte)' ');
        }
        TokenBytes.Append(token, _endOfWordSuffix, ref utf8);
        // Only the end of a word puts a space, and only if something follows.
        joins = !TokenBytes.EndsWord(token, _endOfWordSuffix);
    }

    /// <summary>Whether a byte has no symbol of its own, and so gives the unknown token, a share of it, or nothing.</summary>
    private bool IsUnknown(byte value, bool isLast) => (isLast ? _lastByteIds : _byteIds)[value] == NoToken;

    /// <summary>How many of the unknown bytes at the start of <paramref name="rest"/> give one token together; 0 if they give none.</summary>
    private int UnknownLength(ReadOnlySpan<byte> rest)
    {
        int length = 1;
        while (_fuseUnknown && length < rest.Length && IsUnknown(rest[length], length == rest.Length - 1))
        {
            length++;
        }
        return _unknownId == NoToken ? 0 : length;
    }

    private void AppendSymbols(scoped ReadOnlySpan<byte> word, ref ValueList<int> symbols)
    {
        bool inUnknown = false;
        for (int i = 0; i < word.Length; i++)
        {
            int id = (i == word.Length - 1 ? _lastByteIds : _byteIds)[word[i]];
            if (id != NoToken)
            {
                symbols.Add(id);
            }
            else if (_unknownId != NoToken && !(inUnknown && _fuseUnknown))
            {
                symbols.Add(_unknownId);
            }
            inUnknown = id == NoToken;
        }
    }

    /// <exception cref="InvalidDataException">A merge is not in the vocabulary; the message names it.</exception>
    internal static MergeTable BuildMerges(BytePairDefinition definition)
    {
        var merges = new MergeTable(definition.Merges.Count);
        for (int rank = 0; rank < definition.Merges.Count; rank++)
        {
            var (left, right) = definition.Merges[rank];
            merges.Add(IdOf(left, rank), IdOf(right, rank), rank, IdOf(left + right, rank));
        }
        return merges;

        int IdOf(string token, int rank) => definition.Vocabulary.TryGetValue(token, out int id) ? id : throw new InvalidDataException(
            $"Merge {rank + 1} of {definition.Source}, '{definition.Merges[rank].Left} {definition.Merges[rank].Right}', needs the token '{token}', which is not in the vocabulary.");
    }
}
