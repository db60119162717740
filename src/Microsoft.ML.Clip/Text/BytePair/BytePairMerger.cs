using System.Buffers;
using System.Diagnostics;

namespace Microsoft.ML.Clip;

/// <summary>
/// Byte-pair encoding of one word (Sennrich et al. 2016, arXiv 1508.07909): of all neighbouring symbols, the pair with the lowest rank is
/// joined, the leftmost first, until no pair can be joined. Works on ids alone and allocates nothing for ordinary words.
/// </summary>
internal static class BytePairMerger
{
    // Up to here a scan for the minimum beats a heap; beyond, the scan would make the cost of a word quadratic in its length.
    private const int ScanLimit = 64;

    // In place of a next symbol.
    private const int End = -1;
    private const int Swallowed = -2;

    /// <summary>Joins the symbols in place and returns how many are left.</summary>
    public static int Merge(Span<int> symbols, MergeTable merges) =>
        symbols.Length <= ScanLimit ? MergeByScan(symbols, merges) : MergeByHeap(symbols, merges);

    internal static int MergeByScan(Span<int> symbols, MergeTable merges)
    {
        Debug.Assert(symbols.Length <= ScanLimit);
        // candidates[i] is the merge of symbols[i] with symbols[i + 1].
        Span<long> candidates = stackalloc long[ScanLimit];
        int last = symbols.Length - 1;
        for (int i = 0; i < last; i++)
        {
            candidates[i] = merges.Find(symbols[i], symbols[i + 1]);
        }
        while (last > 0)
        {
            int best = IndexOfMinimum(candidates[..last]);
            long merge = candidates[best];
            if (merge == MergeTable.None)
            {
                break;
            }
            symbols[best] = MergeTable.JoinedId(merge);
            symbols[(best + 2)..(last + 1)].CopyTo(symbols[(best + 1)..]);
            candidates[(best + 1)..last].CopyTo(candidates[best..]);
            last--;
            if (best > 0)
            {
                candidates[best - 1] = merges.Find(symbols[best - 1], symbols[best]);
            }
            if (best < last)
            {
                candidates[best] = merges.Find(symbols[best], symbols[best + 1]);
            }
        }
        return last + 1;
    }

    private static int IndexOfMinimum(ReadOnlySpan<long> values)
    {
        int best = 0;
        for (int i = 1; i < values.Length; i++)
        {
            if (values[i] < values[best])
            {
                best = i;
            }
        }
        return best;
    }

    /// <summary>The same result in n log n: symbols form a linked list, candidate pairs wait in a heap ordered by rank, then place.</summary>
    internal static int MergeByHeap(Span<int> symbols, MergeTable merges)
    {
        int count = symbols.Length;
        int[] links = ArrayPool<int>.Shared.Rent(2 * count);
        try
        {
            Span<int> next = links.AsSpan(0, count), previous = links.AsSpan(count, count);
            var queue = new PriorityQueue<int, long>(Link(symbols, merges, next, previous));
            while (queue.TryDequeue(out int left, out long key))
            {
                int right = next[left];
                // An entry is out of date when its left symbol was swallowed, or when either symbol has grown since.
                if (right < 0 || merges.Find(symbols[left], symbols[right]) is var merge && Key(merge, left) != key)
                {
                    continue;
                }
                symbols[left] = MergeTable.JoinedId(merge);
                int after = next[left] = next[right];
                next[right] = Swallowed;
                if (after >= 0)
                {
                    previous[after] = left;
                    Enqueue(queue, symbols, merges, left, after);
                }
                if (previous[left] >= 0)
                {
                    Enqueue(queue, symbols, merges, previous[left], left);
                }
            }
            return Compact(symbols, next);
        }
        finally
        {
            ArrayPool<int>.Shared.Return(links);
        }
    }

    private static List<(int Left, long Key)> Link(Span<int> symbols, MergeTable merges, Span<int> next, Span<int> previous)
    {
        var entries = new List<(int, long)>(symbols.Length);
        for (int i = 0; i < symbols.Length; i++)
        {
            previous[i] = i - 1;
            next[i] = i + 1 < symbols.Length ? i + 1 : End;
            if (next[i] != End && merges.Find(symbols[i], symbols[i + 1]) is var merge && merge != MergeTable.None)
            {
                entries.Add((i, Key(merge, i)));
            }
        }
        return entries;
    }

    private static void Enqueue(PriorityQueue<int, long> queue, Span<int> symbols, MergeTable merges, int left, int right)
    {
        long merge = merges.Find(symbols[left], symbols[right]);
        if (merge != MergeTable.None)
        {
            queue.Enqueue(left, Key(merge, left));
        }
    }

    private static long Key(long merge, int place) => ((long)MergeTable.Rank(merge) << 32) | (uint)place;

    private static int Compact(Span<int> symbols, Span<int> next)
    {
        int kept = 0;
        for (int i = 0; i >= 0; i = next[i])
        {
            symbols[kept++] = symbols[i];
        }
        return kept;
    }
}
