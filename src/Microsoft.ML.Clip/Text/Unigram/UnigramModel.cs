using System.Buffers;
using System.Text;

namespace Microsoft.ML.Clip;

/// <summary>
/// The unigram language model of SentencePiece (Kudo 2018, arXiv 1804.10959): of all ways to cut a piece into tokens, that of the greatest sum of scores.
/// The sum runs from the left in double precision and only a greater one replaces, as in Hugging Face's tokenizers. Immutable and thread-safe.
/// </summary>
internal sealed class UnigramModel : ITokenModel
{
    // K_UNK_PENALTY of SentencePiece.
    private const double UnknownPenalty = 10;

    private const int StackLength = 256;
    private const int Unreached = -1;

    private readonly TokenTrie _trie = new();
    private readonly double[] _scores;
    private readonly double _unknownScore;
    private readonly int _unknownId;
    private readonly int[]? _byteIds;
    private readonly Dictionary<string, int> _vocabulary = new(StringComparer.Ordinal);
    private readonly PieceText _text;

    /// <param name="source">Where it was read, for messages.</param>
    /// <param name="tokens">The tokens, in the order of their ids, and the logarithms of their probabilities; finite.</param>
    /// <param name="unknownId">The token for a character that no other holds.</param>
    /// <param name="hasBytes">Whether what is unknown is written in bytes, where there is a token for each of them.</param>
    /// <param name="text">What tokens read as.</param>
    /// <exception cref="InvalidDataException">The vocabulary is too large, or has the unknown token twice.</exception>
    public UnigramModel(string source, IReadOnlyList<(string Token, double Score)> tokens, int unknownId, bool hasBytes, PieceText text)
    {
        (Source, _unknownId, _text) = (source, unknownId, text);
        _scores = new double[tokens.Count];
        double least = double.PositiveInfinity;
        for (int id = 0; id < tokens.Count; id++)
        {
            var (token, score) = tokens[id];
            _scores[id] = score;
            least = Math.Min(least, score);
            // A token that is listed twice has its last id.
            _vocabulary[token] = id;
            _trie.Add(token, id);
        }
        string unknown = tokens[unknownId].Token;
        if (_vocabulary[unknown] is var last && last != unknownId)
        {
            throw new InvalidDataException($"has the unknown token '{unknown}' twice, with the ids {unknownId} and {last}");
        }
        _unknownScore = least - UnknownPenalty;
        _byteIds = hasBytes ? [.. Enumerable.Range(0, 256).Select(b => _vocabulary.GetValueOrDefault(PieceText.ByteToken(b), TokenTrie.NoToken))] : null;
    }

    public string Source { get; }

    public IReadOnlyDictionary<string, int> Vocabulary => _vocabulary;

    public void Encode(scoped ReadOnlySpan<char> piece, ref ValueList<int> ids)
    {
        var path = new ValueList<TokenPlace>(stackalloc TokenPlace[StackLength]);
        FindPath(piece, ref path);
        foreach (var token in path.AsSpan())
        {
            if (token.Id != _unknownId || !TryAppendBytes(piece[token.Start..token.End], ref ids))
            {
                ids.Add(token.Id);
            }
        }
        path.Dispose();
    }

    public void Locate(scoped ReadOnlySpan<char> piece, ref ValueList<TokenPlace> tokens)
    {
        var path = new ValueList<TokenPlace>(stackalloc TokenPlace[StackLength]);
        var bytes = new ValueList<int>(stackalloc int[StackLength]);
        FindPath(piece, ref path);
        foreach (var token in path.AsSpan())
        {
            bytes.Count = 0;
            if (token.Id != _unknownId || !TryAppendBytes(piece[token.Start..token.End], ref bytes))
            {
                tokens.Add(token);
            }
            foreach (int id in bytes.AsSpan())
            {
                tokens.Add(token with { Id = id });
            }
        }
        path.Dispose();
        bytes.Dispose();
    }

    public void Decode(string token, ref bool joins, ref ValueList<byte> utf8) => _text.Append(token, ref joins, ref utf8);

    /// <summary>Appends the tokens of the best path, those that are unknown and neighbours as one.</summary>
    private void FindPath(scoped ReadOnlySpan<char> piece, ref ValueList<TokenPlace> path)
    {
        Step[]? rented = null;
        int length = piece.Length + 1;
        var best = length <= StackLength ? stackalloc Step[StackLength] : rented = ArrayPool<Step>.Shared.Rent(length);
        best = best[..length];
        best.Fill(new Step(0, Unreached, _unknownId));
        Search(piece, best);
        int first = path.Count;
        for (int end = piece.Length; end > 0;)
        {
            var (_, start, id) = best[end];
            while (id == _unknownId && start > 0 && best[start].Id == _unknownId)
            {
                start = best[start].Start;
            }
            path.Add(new TokenPlace(id, start, end));
            end = start;
        }
        path.AsWritableSpan()[first..].Reverse();
        if (rented is not null)
        {
            ArrayPool<Step>.Shared.Return(rented);
        }
    }

    /// <summary>Finds for every place the last step of the best way to it.</summary>
    private void Search(ReadOnlySpan<char> piece, Span<Step> best)
    {
        var trie = _trie;
        double[] scores = _scores;
        for (int start = 0; start < piece.Length;)
        {
            double here = best[start].Score;
            int character = char.IsHighSurrogate(piece[start]) && start + 1 < piece.Length && char.IsLowSurrogate(piece[start + 1]) ? 2 : 1;
            bool isKnown = false;
            int node = 0;
            for (int i = start; i < piece.Length && (node = trie.Step(node, piece[i])) != TokenTrie.None; i++)
            {
                int id = trie.Id(node);
                if (id != TokenTrie.NoToken)
                {
                    Offer(ref best[i + 1], here + scores[id], start, id);
                    isKnown |= i + 1 - start == character;
                }
            }
            if (!isKnown)
            {
                Offer(ref best[start + character], here + _unknownScore, start, _unknownId);
            }
            start += character;
        }
    }

    private static void Offer(ref Step step, double score, int start, int id)
    {
        if (step.Start == Unreached || score > step.Score)
        {
            step = new Step(score, start, id);
        }
    }

    /// <summary>Appends the bytes of an unknown text, if there is a token for each.</summary>
    private bool TryAppendBytes(scoped ReadOnlySpan<char> unknown, ref ValueList<int> ids)
    {
        // The text of the unknown token itself is known, wherever it stands.
        if (_byteIds is null || _vocabulary.GetAlternateLookup<ReadOnlySpan<char>>().ContainsKey(unknown))
        {
            return false;
        }
        int before = ids.Count;
        Span<byte> utf8 = stackalloc byte[4];
        for (int i = 0; i < unknown.Length;)
        {
            _ = Rune.DecodeFromUtf16(unknown[i..], out var rune, out int length);
            foreach (byte value in utf8[..rune.EncodeToUtf8(utf8)])
            {
                if (_byteIds[value] == TokenTrie.NoToken)
                {
                    ids.Count = before;
                    return false;
                }
                ids.Add(_byteIds[value]);
            }
            i += length;
        }
        return true;
    }

    private readonly record struct Step(double Score, int Start, int Id);
}
