using Microsoft.ML.Tokenizers;

namespace Microsoft.ML.Clip;

// The contract of Microsoft.ML.Tokenizers.Tokenizer. Start and end count as tokens, as with BertTokenizer, so that EncodeToIds gives what
// transformers gives and a limit of 77 is the model's own; places refer to the normalised text.
public sealed partial class ClipTokenizer
{
    /// <inheritdoc/>
    protected override EncodeResults<EncodedToken> EncodeToTokens(string? text, ReadOnlySpan<char> textSpan, EncodeSettings settings)
    {
        ThrowIfNoLimit(settings.MaxTokenCount);
        var normalized = new ValueList<char>(stackalloc char[StackTextLength]);
        var pieces = new ValueList<Piece>(stackalloc Piece[StackPieces]);
        Analyze(textSpan, settings.ConsiderNormalization, settings.ConsiderPreTokenization, ref normalized, ref pieces);
        var tokens = new List<EncodedToken>();
        if (_frame.Start is { } start)
        {
            tokens.Add(FrameToken(start, 0));
        }
        int before = tokens.Count, room = settings.MaxTokenCount - _frame.Length;
        // One more than there is room for: where it starts is where the text that fits ends.
        for (int i = 0; i < pieces.Count && tokens.Count - before <= room; i++)
        {
            AppendTokens(normalized.AsSpan(), pieces[i], tokens);
        }
        // Without room for the frame nothing of the text is consumed, nor was any of it encoded.
        int consumed = room < 0 ? 0 : tokens.Count - before > room ? Truncate(tokens, before + room) : normalized.Count;
        tokens.Add(FrameToken(_frame.End, consumed));
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
        if (_frame.Start is { } start)
        {
            ids.Add(start);
        }
        foreach (var piece in pieces.AsSpan())
        {
            EncodePiece(normalized.AsSpan().Slice(piece.Start, piece.Length), piece.TokenId, ref ids);
        }
        ids.Add(_frame.End);
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
        int count = ids.Count + _frame.Length;
        ids.Dispose();
        return count;
    }

    /// <inheritdoc/>
    protected override int GetIndexByTokenCount(
        string? text, ReadOnlySpan<char> textSpan, EncodeSettings settings, bool fromEnd, out string? normalizedText, out int tokenCount)
    {
        ThrowIfNoLimit(settings.MaxTokenCount);
        int room = settings.MaxTokenCount - _frame.Length;
        if (fromEnd)
        {
            settings.MaxTokenCount = int.MaxValue;
        }
        var result = EncodeToTokens(text, textSpan, settings);
        normalizedText = result.NormalizedText;
        if (!fromEnd || result.Tokens.Count - _frame.Length <= room)
        {
            tokenCount = result.Tokens.Count;
            return fromEnd ? 0 : result.CharsConsumed;
        }
        // Before the end token stand the text's. Keep the last of them that fit, from a whole character on.
        int first = result.Tokens.Count - 1 - Math.Max(room, 0);
        while (result.Tokens[first].Offset.Start.Value < result.Tokens[first - 1].Offset.End.Value)
        {
            first++;
        }
        tokenCount = room < 0 ? 0 : result.Tokens.Count - 1 - first + _frame.Length;
        return result.Tokens[first].Offset.Start.Value;
    }

    private static void ThrowIfNoLimit(int maxTokenCount)
    {
        if (maxTokenCount <= 0)
        {
            throw new ArgumentOutOfRangeException(nameof(maxTokenCount), maxTokenCount, "The maximum number of tokens must be greater than zero.");
        }
    }

    /// <summary>Cuts the tokens to <paramref name="count"/> and returns the end of the characters that they hold whole.</summary>
    private static int Truncate(List<EncodedToken> tokens, int count)
    {
        int nextStart = tokens[count].Offset.Start.Value;
        tokens.RemoveRange(count, tokens.Count - count);
        return count == 0 ? 0 : Math.Min(tokens[^1].Offset.End.Value, nextStart);
    }

    private EncodedToken FrameToken(int id, int place) => new(id, _tokens[id]!, place..place);

    private void AppendTokens(ReadOnlySpan<char> text, Piece piece, List<EncodedToken> tokens)
    {
        if (piece.TokenId != Piece.Word)
        {
            tokens.Add(new EncodedToken(piece.TokenId, _tokens[piece.TokenId]!, piece.Start..(piece.Start + piece.Length)));
            return;
        }
        var found = new ValueList<TokenPlace>(stackalloc TokenPlace[StackPieces]);
        _model.Locate(text.Slice(piece.Start, piece.Length), ref found);
        foreach (var token in found.AsSpan())
        {
            tokens.Add(new EncodedToken(token.Id, _tokens[token.Id]!, (piece.Start + token.Start)..(piece.Start + token.End)));
        }
        found.Dispose();
    }
}
