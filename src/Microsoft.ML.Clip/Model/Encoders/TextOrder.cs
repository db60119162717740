namespace Microsoft.ML.Clip;

/// <summary>
/// The order in which a list of tokenised texts is encoded: each distinct text once, short ones first, so that texts encoded together are of like
/// length and few places are padding.
/// </summary>
internal sealed class TextOrder
{
    private readonly int[] _ends;
    private readonly int[] _lengths;
    private readonly int[] _distinct;
    private readonly int[] _places;

    /// <param name="ids">[count, context length]: padded ids.</param>
    /// <param name="frame">
    /// What ends a text and fills its context; null for a row's highest id, as in OpenAI's code. Where both are the same id, the first ends the text.
    /// </param>
    /// <exception cref="ArgumentException">There is no row.</exception>
    public TextOrder(Rows<int> ids, TextFrame? frame)
    {
        int count = ids.Count;
        _ends = new int[count];
        _lengths = new int[count];
        _places = new int[count];
        int[] rows = new int[count];
        for (int i = 0; i < count; i++)
        {
            // Graphs take the features at the first end token (Hugging Face) or at the first of the highest id (OpenAI), which for CLIP's own vocabulary is the
            // same place; with added tokens it need not be, and neither may be cut off.
            int highest = PlainMath.IndexOfMax(Row(i));
            int end = frame is null ? highest : frame.End == frame.Pad ? Row(i).IndexOf(frame.End) : Row(i).LastIndexOfAnyExcept(frame.Pad);
            _ends[i] = 1 + (end >= 0 ? end : highest);
            (rows[i], _lengths[i]) = (i, Math.Max(_ends[i], 1 + highest));
        }
        Array.Sort(rows, (a, b) => _lengths[a] != _lengths[b] ? _lengths[a].CompareTo(_lengths[b]) : Row(a).SequenceCompareTo(Row(b)));
        int distinct = 0;
        for (int i = 0; i < count; i++)
        {
            int row = rows[i];
            if (i == 0 || !Row(row).SequenceEqual(Row(rows[distinct - 1])))
            {
                rows[distinct++] = row;
            }
            _places[row] = distinct - 1;
            IsIdentity &= row == i && distinct == i + 1;
        }
        _distinct = rows[..distinct];

        ReadOnlySpan<int> Row(int i) => ids[i];
    }

    /// <summary>The rows to encode, in this order.</summary>
    public ReadOnlySpan<int> Rows => _distinct;

    /// <summary>Whether the rows to encode are all rows, one by one as they came.</summary>
    public bool IsIdentity { get; } = true;

    /// <summary>How many of a row's ids are the text, start and end included.</summary>
    public int End(int row) => _ends[row];

    /// <summary>How many of a row's ids an encoder must see.</summary>
    public int Length(int row) => _lengths[row];

    /// <summary>Which of <see cref="Rows"/> holds a row's result.</summary>
    public int Place(int row) => _places[row];
}
