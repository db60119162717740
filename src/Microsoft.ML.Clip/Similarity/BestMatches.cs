namespace Microsoft.ML.Clip;

/// <summary>
/// The best of what was added, in memory of the caller's: a heap with the worst of them on top. Of equal cosines the one that stands first is the better.
/// </summary>
internal ref struct BestMatches(Span<ClipMatch> heap, int count = 0)
{
    private readonly Span<ClipMatch> _heap = heap;

    /// <summary>How many there are, at most as many as there is room for.</summary>
    public int Count { get; private set; } = count;

    /// <summary>A cosine below this one makes no difference any more.</summary>
    public readonly float Threshold => Count < _heap.Length ? float.NegativeInfinity : _heap[0].Cosine;

    /// <summary>Adds a match; NaN is near to nothing.</summary>
    public void Add(int index, float cosine)
    {
        var match = new ClipMatch { Index = index, Cosine = Math.Clamp(cosine, -1, 1) };
        if (float.IsNaN(cosine))
        {
            return;
        }
        if (Count < _heap.Length)
        {
            Rise(Count++, match);
        }
        else if (IsBetter(match, _heap[0]))
        {
            Sink(0, match);
        }
    }

    /// <summary>Puts the best first; nothing can be added afterwards.</summary>
    public readonly void Sort() => _heap[..Count].Sort(static (a, b) => IsBetter(a, b) ? -1 : IsBetter(b, a) ? 1 : 0);

    private static bool IsBetter(ClipMatch a, ClipMatch b) => a.Cosine > b.Cosine || (a.Cosine == b.Cosine && a.Index < b.Index);

    private readonly void Rise(int place, ClipMatch match)
    {
        while (place > 0 && IsBetter(_heap[(place - 1) / 2], match))
        {
            _heap[place] = _heap[(place - 1) / 2];
            place = (place - 1) / 2;
        }
        _heap[place] = match;
    }

    private readonly void Sink(int place, ClipMatch match)
    {
        while (true)
        {
            int child = (2 * place) + 1;
            if (child >= Count)
            {
                break;
            }
            if (child + 1 < Count && IsBetter(_heap[child], _heap[child + 1]))
            {
                child++;
            }
            if (!IsBetter(match, _heap[child]))
            {
                break;
            }
            _heap[place] = _heap[child];
            place = child;
        }
        _heap[place] = match;
    }
}
