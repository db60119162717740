using Microsoft.ML.Tokenizers;

namespace Microsoft.ML.Clip;

// The contract of Microsoft.ML.Tokenizers.Tokenizer. Start and end count as tokens, as with BertTokenizer, so that EncodeToIds gives what
// transformers gives and a limit of 77 is the model's own; places refer to the normalised text.
public sealed partial class ClipTokenizer
{
    private const int FrameLength = 2;

    /// <inheritdoc/>
    protected override EncodeResults<EncodedToken> EncodeToTokens(string? text, ReadOnlySpan<char> textSpan, EncodeSettings settings)
    {
        ThrowIfNoLimit(settings.MaxTokenCount);
        var normalized = new ValueList<char>(stackalloc char[StackTextLength]);
        var pieces = new ValueList<Piece>(stackalloc Piece[StackPieces]);
        Analyze(textSpan, settings.ConsiderNormalization, settings.ConsiderPreTokenization, ref normalized, ref pieces);
        var tokens = new List<EncodedToken> { FrameToken(StartOfTextId, 0) };
        // One more than there is room for: where it starts is where the text that fits ends.
        int room = settings.MaxTokenCount - FrameLength;
        for (int i = 0; i < pieces.Count && tokens.Count - 1 <= room; i++)
        {
            AppendTokens(normalized.AsSpan(), pieces[i], tokens);
        }
        // Without room for the frame nothing of the text is consumed, nor was any of it encoded.
        int consumed = room < 0 ? 0 : tokens.Count - 1 > room ? Truncate(tokens, room) : normalized.Count;
        tokens.Add(FrameToken(EndOfTextId, consumed));
        var result = new EncodeResults<EncodedToken>
        {
            Tokens = room < 0 ? [] : tokens,
            NormalizedText = settings.ConsiderNormalization ? normalized.AsSpan().ToString() : null,
            CharsConsumed = consumed,
        };
        normalized.Dispose();
        pieces.Dispose();
        return result;
    }

    /// <inheritdoc/>
    protected override EncodeResults<int> EncodeToIds(string? text, ReadOnlySpan<char> textSpan, EncodeSettings settings)
    {
        if (settings.MaxTokenCount != int.MaxValue)
        {
            // A limit asks for the place where the text was cut, which only the tokens know.
            return base.EncodeToIds(text, textSpan, settings);
        }
        var normalized = new ValueList<char>(stackalloc char[StackTextLength]);
        var pieces = new ValueList<Piece>(stackalloc Piece[StackPieces]);
        var ids = new ValueList<int>(stackalloc int[StackIds]);
        Analyze(textSpan, settings.ConsiderNormalization, settings.ConsiderPreTokenization, ref normalized, ref pieces);
        ids.Add(StartOfTextId);
        foreach (var piece in pieces.AsSpan())
        {
            EncodePiece(normalized.AsSpan().Slice(piece.Start, piece.Length), piece.TokenId, ref ids);
        }
        ids.Add(EndOfTextId);
        var result = new EncodeResults<int>
        {
            Tokens = ids.AsSpan().ToArray(),
            NormalizedText = settings.ConsiderNormalization ? normalized.AsSpan().ToString() : null,
            CharsConsumed = normalized.Count,
        };
        normalized.Dispose();
        pieces.Dispose();
        ids.Dispose();
        return result;
    }

    /// <inheritdoc/>
    protected override int CountTokens(string? text, ReadOnlySpan<char> textSpan, EncodeSettings settings)
    {
        var ids = new ValueList<int>(stackalloc int[StackIds]);
        EncodeText(textSpan, int.MaxValue, settings.ConsiderNormalization, settings.ConsiderPreTokenization, ref ids);
        int count = ids.Count + FrameLength;
        ids.Dispose();
        return count;
    }

    /// <inheritdoc/>
    protected override int GetIndexByTokenCount(
        string? text, ReadOnlySpan<char> textSpan, EncodeSettings settings, bool fromEnd, out string? normalizedText, out int tokenCount)
    {
        ThrowIfNoLimit(settings.MaxTokenCount);
        int room = settings.MaxTokenCount - FrameLength;
        if (fromEnd)
        {
            settings.MaxTokenCount = int.MaxValue;
        }
        var result = EncodeToTokens(text, textSpan, settings);
        normalizedText = result.NormalizedText;
        if (!fromEnd || result.Tokens.Count - FrameLength <= room)
        {
            tokenCount = result.Tokens.Count;
            return fromEnd ? 0 : result.CharsConsumed;
        }
        // Tokens 1 to Count - 2 are the text's. Keep the last of them that fit, from a whole character on.
        int first = result.Tokens.Count - 1 - Math.Max(room, 0);
        while (result.Tokens[first].Offset.Start.Value < result.Tokens[first - 1].Offset.End.Value)
        {
            first++;
        }
        tokenCount = room < 0 ? 0 : result.Tokens.Count - first + 1;
        return result.Tokens[first].Offset.Start.Value;
    }

    private static void ThrowIfNoLimit(int maxTokenCount)
    {
        if (maxTokenCount <= 0)
        {
            throw new ArgumentOutOfRangeException(nameof(maxTokenCount), maxTokenCount, "The maximum number of tokens must be greater than zero.");
        }
    }

    /// <summary>Cuts the text's tokens to <paramref name="room"/> and returns the end of the characters that they hold whole.</summary>
    private static int Truncate(List<EncodedToken> tokens, int room)
    {
        int nextStart = tokens[room + 1].Offset.Start.Value;
        tokens.RemoveRange(room + 1, tokens.Count - room - 1);
        return Math.Min(tokens[^1].Offset.End.Value, nextStart);
    }

    private EncodedToken FrameToken(int id, int place) => new(id, _tokens[id]!, place..place);

    private void AppendTokens(ReadOnlySpan<char> text, Piece piece, List<EncodedToken> tokens)
    {
        if (piece.TokenId != Piece.Word)
        {
            tokens.Add(new EncodedToken(piece.TokenId, _tokens[piece.TokenId]!, piece.Start..(piece.Start + piece.Length)));
            return;
        }
        var word = text.Slice(piece.Start, piece.Length);
        var ids = new ValueList<int>(stackalloc int[StackIds]);
        _encoder.Encode(word, ref ids);
        var bytes = new WordBytes(word, piece.Start);
        int place = 0;
        foreach (int id in ids.AsSpan())
        {
            int length = TokenLength(bytes.Values, ref place, id);
            tokens.Add(new EncodedToken(id, _tokens[id]!, bytes.Starts[place]..bytes.Ends[place + length - 1]));
            place += length;
        }
        ids.Dispose();
    }

    /// <summary>The number of bytes that a token stands for. Moves over bytes before it that gave no token.</summary>
    private int TokenLength(ReadOnlySpan<byte> word, ref int place, int id)
    {
        while (_encoder.IsUnknown(word[place], place == word.Length - 1))
        {
            int unknown = _encoder.UnknownLength(word[place..]);
            if (unknown > 0)
            {
                return unknown;
            }
            place++;
        }
        return Math.Min(TokenBytes.Count(_tokens[id]!, _endOfWordSuffix), word.Length - place);
    }
}
