using CsCheck;

namespace Microsoft.ML.Clip.Tests;

public class BytePairMergerTests
{
    // Symbols 0 to 4 are letters; merge number r makes symbol 5 + r, and like any that was learnt joins symbols that were there before it.
    private static readonly Gen<(int Left, int Right)[]> Merges = Gen.Select(Gen.Int[0, 12], Gen.Int[0, 12]).Array[0, 12].Select(pairs =>
    {
        var merges = new List<(int Left, int Right)>();
        foreach (var (left, right) in pairs)
        {
            int known = 5 + merges.Count;
            if (!merges.Contains((left % known, right % known)))
            {
                merges.Add((left % known, right % known));
            }
        }
        return merges.ToArray();
    });

    [Fact]
    public void Merge_ScanAndHeap_EqualThePlainAlgorithm() => Gen.Select(Merges, Gen.Int[0, 4].Array[1, 64]).Sample(t =>
    {
        var (merges, word) = t;
        var table = new MergeTable(merges.Length);
        for (int rank = 0; rank < merges.Length; rank++)
        {
            table.Add(merges[rank].Left, merges[rank].Right, rank, 5 + rank);
        }
        int[] expected = [.. Plain(word, merges)], scan = [.. word], heap = [.. word];
        return scan.AsSpan(..BytePairMerger.MergeByScan(scan, table)).SequenceEqual(expected)
            && heap.AsSpan(..BytePairMerger.MergeByHeap(heap, table)).SequenceEqual(expected);
    }, iter: 20_000);

    [Fact]
    public void Find_ManyMerges_KnowsEachAndNoOther()
    {
        const int Count = 5000;
        var table = new MergeTable(Count);
        for (int i = 0; i < Count; i++)
        {
            table.Add(i * 7, i * 13 + 1, i, i + 100);
        }
        for (int i = 0; i < Count; i++)
        {
            long merge = table.Find(i * 7, i * 13 + 1);
            Assert.Equal((i, i + 100), (MergeTable.Rank(merge), MergeTable.JoinedId(merge)));
            Assert.Equal(MergeTable.None, table.Find(i * 7, i * 13 + 2));
        }
    }

    // As in simple_tokenizer.py: take the best pair of the word, join it wherever it stands, from the left; until none is left.
    private static List<int> Plain(int[] word, (int Left, int Right)[] merges)
    {
        List<int> symbols = [.. word];
        while (true)
        {
            int best = Enumerable.Range(0, Math.Max(0, symbols.Count - 1)).Select(i => Array.IndexOf(merges, (symbols[i], symbols[i + 1])))
                .Where(r => r >= 0).DefaultIfEmpty(-1).Min();
            if (best < 0)
            {
                return symbols;
            }
            for (int i = 0; i + 1 < symbols.Count; i++)
            {
                if ((symbols[i], symbols[i + 1]) == merges[best])
                {
                    symbols[i] = 5 + best;
                    symbols.RemoveAt(i + 1);
                }
            }
        }
    }
}
