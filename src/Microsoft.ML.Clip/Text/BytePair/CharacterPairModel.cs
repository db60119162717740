using System.Text;

namespace Microsoft.ML.Clip;

/// <summary>
/// Byte-pair encoding of characters, as SentencePiece's BPE models have it (Gemma, NLLB). What no token holds is written in bytes, or unknown. Immutable and
/// thread-safe.
/// </summary>
/// <remarks>
/// Their pieces may be whole texts. Where no token holds two neighbouring symbols in their order, nothing is ever joined across, so that a piece is merged
/// stretch by stretch, which are words mostly: the same ids, in time that grows with the text.
/// </remarks>
internal sealed class CharacterPairModel : ITokenModel
{
    private const int NoToken = -1;
    private const int StackLength = 256;

    private readonly int[] _charIds = new int[char.MaxValue + 1];
    private readonly Dictionary<int, int> _astralIds = [];
    private readonly int[]? _byteIds;
    private readonly int _unknownId;
    private readonly bool _fuseUnknown;
    private readonly bool _ignoreMerges;
    private readonly MergeTable _merges;
    private readonly MergeTable? _neighbours;
    private readonly Dictionary<string, int> _vocabulary;
    private readonly Lazy<string?[]> _tokens;
    private readonly PieceText _text;

    /// <exception cref="InvalidDataException">A merge, or the unknown token, is not in the vocabulary.</exception>
    public CharacterPairModel(BytePairDefinition definition, bool hasBytes, bool ignoreMerges, PieceText text)
    {
        (Source, _vocabulary, _fuseUnknown, _ignoreMerges, _text) = (definition.Source, definition.Vocabulary, definition.FuseUnknown, ignoreMerges, text);
        Array.Fill(_charIds, NoToken);
        foreach (var (token, id) in _vocabulary)
        {
            if (token.Length == 1)
            {
                _charIds[token[0]] = id;
            }
            else if (token.Length == 2 && char.IsSurrogatePair(token[0], token[1]))
            {
                _astralIds[char.ConvertToUtf32(token[0], token[1])] = id;
            }
        }
        _byteIds = hasBytes ? [.. Enumerable.Range(0, 256).Select(b => _vocabulary.GetValueOrDefault(PieceText.ByteToken(b), NoToken))] : null;
        _unknownId = definition.UnknownToken is null ? NoToken
            : _vocabulary.TryGetValue(definition.UnknownToken, out int unknown) ? unknown
            : throw new InvalidDataException($"The vocabulary of {definition.Source} lacks its unknown token '{definition.UnknownToken}'.");
        _merges = BytePairModel.BuildMerges(definition);
        _neighbours = FindNeighbours(definition);
        _tokens = new(() =>
        {
            string?[] tokens = new string?[_vocabulary.Values.Max() + 1];
            foreach (var (token, id) in _vocabulary)
            {
                tokens[id] = token;
            }
            return tokens;
        });
    }

    public string Source { get; }

    public IReadOnlyDictionary<string, int> Vocabulary => _vocabulary;

    public void Encode(scoped ReadOnlySpan<char> piece, ref ValueList<int> ids)
    {
        if (_ignoreMerges && _vocabulary.GetAlternateLookup<ReadOnlySpan<char>>().TryGetValue(piece, out int whole))
        {
            ids.Add(whole);
            return;
        }
        int start = ids.Count;
        bool isUnknown = false;
        for (int i = 0; i < piece.Length;)
        {
            int id = SymbolAt(piece, i, out int length);
            if (id != NoToken)
            {
                // What is unknown waits for the next symbol that is known.
                AppendUnknown(ref isUnknown, ref start, ref ids);
                Append(id, ref start, ref ids);
            }
            else if (!TryAppendBytes(piece.Slice(i, length), ref start, ref ids) && _unknownId != NoToken)
            {
                if (isUnknown && !_fuseUnknown)
                {
                    Append(_unknownId, ref start, ref ids);
                }
                isUnknown = true;
            }
            i += length;
        }
        AppendUnknown(ref isUnknown, ref start, ref ids);
        Merge(start, ref ids);
    }

    public void Locate(scoped ReadOnlySpan<char> piece, ref ValueList<TokenPlace> tokens)
    {
        var ids = new ValueList<int>(stackalloc int[StackLength]);
        Encode(piece, ref ids);
        int place = 0, bytesLeft = 0;
        foreach (int id in ids.AsSpan())
        {
            string token = _tokens.Value[id]!;
            while (place < piece.Length && IsDropped(piece, place, out int dropped))
            {
                place += dropped;
            }
            int length = 0;
            if (bytesLeft == 0 && id != _unknownId && piece[place..].StartsWith(token, StringComparison.Ordinal))
            {
                length = token.Length;
            }
            else if (place < piece.Length)
            {
                _ = SymbolAt(piece, place, out length);
                if (id == _unknownId)
                {
                    while (_fuseUnknown && place + length < piece.Length && IsUnknown(piece, place + length, out int more))
                    {
                        length += more;
                    }
                }
                else
                {
                    // A byte of a character: its place is the character's, which ends with its last byte.
                    bytesLeft = bytesLeft == 0 ? ByteLength(piece.Slice(place, length)) - 1 : bytesLeft - 1;
                    tokens.Add(new TokenPlace(id, place, place + length));
                    place += bytesLeft == 0 ? length : 0;
                    continue;
                }
            }
            tokens.Add(new TokenPlace(id, place, place + length));
            place += length;
        }
        ids.Dispose();
    }

    public void Decode(string token, ref bool joins, ref ValueList<byte> utf8) => _text.Append(token, ref joins, ref utf8);

    private static int ByteLength(ReadOnlySpan<char> character)
    {
        _ = Rune.DecodeFromUtf16(character, out var rune, out _);
        return rune.Utf8SequenceLength;
    }

    /// <summary>
    /// The pairs of symbols that stand side by side in what a merge joins; null where tokens do not tell it, because a merge takes what no character is.
    /// </summary>
    private MergeTable? FindNeighbours(BytePairDefinition definition)
    {
        var pairs = new MergeTable(definition.Merges.Count);
        foreach (var (left, right) in definition.Merges)
        {
            if (IsOther(left) || IsOther(right) || IsOther(left + right))
            {
                return null;
            }
            int last = SymbolAt(left, left.Length - (char.IsLowSurrogate(left[^1]) && left.Length > 1 ? 2 : 1), out _), first = SymbolAt(right, 0, out _);
            if (last != NoToken && first != NoToken)
            {
                pairs.Add(last, first, 0, 0);
            }
        }
        return pairs;

        bool IsOther(string token) => definition.Vocabulary.TryGetValue(token, out int id)
            && (id == _unknownId || (_byteIds is not null && token.Length == 6 && _byteIds.Contains(id)));
    }

    private int SymbolAt(ReadOnlySpan<char> text, int place, out int length)
    {
        char c = text[place];
        if (char.IsHighSurrogate(c) && place + 1 < text.Length && char.IsLowSurrogate(text[place + 1]))
        {
            length = 2;
            return _astralIds.GetValueOrDefault(char.ConvertToUtf32(c, text[place + 1]), NoToken);
        }
        length = 1;
        return _charIds[char.IsSurrogate(c) ? Rune.ReplacementChar.Value : c];
    }

    private bool IsUnknown(ReadOnlySpan<char> piece, int place, out int length)
    {
        if (SymbolAt(piece, place, out length) != NoToken)
        {
            return false;
        }
        var ids = new ValueList<int>(stackalloc int[4]);
        int start = 0;
        return !TryAppendBytes(piece.Slice(place, length), ref start, ref ids);
    }

    private bool IsDropped(ReadOnlySpan<char> piece, int place, out int length)
    {
        length = 0;
        return _unknownId == NoToken && IsUnknown(piece, place, out length);
    }

    private bool TryAppendBytes(scoped ReadOnlySpan<char> character, ref int start, ref ValueList<int> ids)
    {
        if (_byteIds is null)
        {
            return false;
        }
        _ = Rune.DecodeFromUtf16(character, out var rune, out _);
        Span<byte> utf8 = stackalloc byte[4];
        utf8 = utf8[..rune.EncodeToUtf8(utf8)];
        foreach (byte value in utf8)
        {
            if (_byteIds[value] == NoToken)
            {
                return false;
            }
        }
        foreach (byte value in utf8)
        {
            Append(_byteIds[value], ref start, ref ids);
        }
        return true;
    }

    private void AppendUnknown(ref bool isUnknown, ref int start, ref ValueList<int> ids)
    {
        if (isUnknown)
        {
            Append(_unknownId, ref start, ref ids);
            isUnknown = false;
        }
    }

    /// <summary>Appends a symbol; where it can never be joined with the one before, what stands before it is merged first.</summary>
    private void Append(int id, ref int start, ref ValueList<int> ids)
    {
        if (_neighbours is not null && ids.Count > start && _neighbours.Find(ids[ids.Count - 1], id) == MergeTable.None)
        {
            Merge(start, ref ids);
            start = ids.Count;
        }
        ids.Add(id);
    }

    private void Merge(int start, ref ValueList<int> ids) => ids.Count = start + BytePairMerger.Merge(ids.AsWritableSpan()[start..], _merges);
}
