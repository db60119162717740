using System.Buffers;
using System.Text;
using System.Text.Unicode;

namespace Microsoft.ML.Clip;

// The way back: ids to text. The model says what a token reads as; bytes that are no UTF-8 read as U+FFFD.
public sealed partial class ClipTokenizer
{
    /// <summary>
    /// Decodes ids to text, special tokens included: as the normalizer left it, CLIP's lower-cased, with one space behind every word but the last.
    /// </summary>
    /// <exception cref="NotSupportedException">The tokenizer.json names a decoder that is not known.</exception>
    /// <exception cref="ArgumentOutOfRangeException">There is no such id; the message names it.</exception>
    /// <inheritdoc/>
    public override string Decode(IEnumerable<int> ids) => Decode(ids, considerSpecialTokens: true);

    /// <summary>Decodes ids to text: as the normalizer left it, CLIP's lower-cased, with one space behind every word but the last.</summary>
    /// <exception cref="NotSupportedException">The tokenizer.json names a decoder that is not known.</exception>
    /// <param name="ids">The ids.</param>
    /// <param name="considerSpecialTokens">Whether the start and end tokens, and the padding behind the end, are written; otherwise they are left out.</param>
    /// <exception cref="ArgumentOutOfRangeException">There is no such id; the message names it.</exception>
    public string Decode(IEnumerable<int> ids, bool considerSpecialTokens)
    {
        ArgumentNullException.ThrowIfNull(ids);
        var bytes = new ValueList<byte>(stackalloc byte[StackTextLength]);
        bool joins = true, hasEnded = false;
        foreach (int id in ids)
        {
            string token = _tokens[id] ?? throw new ArgumentOutOfRangeException(nameof(ids), id, $"The vocabulary has no id {id}; its ids go from 0 to {_tokens.Size - 1}.");
            // OpenAI's padding is the id of "!", which is padding behind the end token only.
            hasEnded |= id == EndOfTextId;
            bool isSpecial = id == StartOfTextId || id == EndOfTextId || (hasEnded && id == PadId);
            if (considerSpecialTokens || !isSpecial)
            {
                _model.Decode(token, ref joins, ref bytes);
            }
        }
        string text = Encoding.UTF8.GetString(bytes.AsSpan());
        bytes.Dispose();
        return text;
    }

    /// <inheritdoc/>
    public override OperationStatus Decode(IEnumerable<int> ids, Span<char> destination, out int idsConsumed, out int charsWritten)
    {
        ArgumentNullException.ThrowIfNull(ids);
        (idsConsumed, charsWritten) = (0, 0);
        // The bytes of a character that is not complete yet, and the ids that they came from.
        var pending = new ValueList<byte>(stackalloc byte[StackTextLength]);
        int pendingIds = 0;
        bool joins = true;
        var status = OperationStatus.Done;
        foreach (int id in ids)
        {
            if (_tokens[id] is not { } token)
            {
                status = OperationStatus.InvalidData;
                break;
            }
            _model.Decode(token, ref joins, ref pending);
            pendingIds++;
            status = Utf8.ToUtf16(pending.AsSpan(), destination[charsWritten..], out int read, out int written, isFinalBlock: false);
            if (status == OperationStatus.DestinationTooSmall)
            {
                break;
            }
            charsWritten += written;
            pending.RemoveFirst(read);
            (idsConsumed, pendingIds) = pending.Count == 0 ? (idsConsumed + pendingIds, 0) : (idsConsumed, pendingIds);
        }
        if (status is OperationStatus.Done or OperationStatus.NeedMoreData)
        {
            status = Utf8.ToUtf16(pending.AsSpan(), destination[charsWritten..], out _, out int written);
            charsWritten += written;
            idsConsumed += status == OperationStatus.Done ? pendingIds : 0;
        }
        pending.Dispose();
        return status;
    }
}
