using CsCheck;

namespace Microsoft.ML.Clip.Tests;

public sealed class ClipSearchIndexTests
{
    // float32 sums of at most 600 products of values of unit vectors; 11 bits of each value; steps of a 127th of the largest. docs/numerics.md.
    private const double SingleTolerance = 1e-6, HalfTolerance = 1.3e-4, Int8Tolerance = 0.01;

    private const float Smallest = 1f / (1 << 28);

    public static TheoryData<ClipSearchStorage> Storages => [.. Enum.GetValues<ClipSearchStorage>()];

    [Theory, MemberData(nameof(Storages))]
    public void Search_FindsWhatAPlainLoopFinds(ClipSearchStorage storage)
    {
        foreach (var (rows, dimension) in ((int, int)[])[(1, 1), (3, 5), (17, 16), (40, 100), (333, 512), (70, 600)])
        {
            float[] embeddings = Vectors(rows, dimension, seed: 1), query = Vectors(1, dimension, seed: 2);
            double[] expected = [.. embeddings.Chunk(dimension).Select(e => Cosine(query, e))];

            var found = Index(storage, dimension, embeddings).Search(query, rows);

            Assert.Equal(rows, found.Count);
            Assert.Equal(Enumerable.Range(0, rows), found.Select(m => m.Index).Order());
            Assert.All(found, m => Assert.Equal(expected[m.Index], m.Cosine, Tolerance(storage)));
            Assert.Equal(found.OrderByDescending(m => m.Cosine).ThenBy(m => m.Index), found);
        }
    }

    [Fact]
    public void Search_OfSingles_IsTopK() => Gen.Select(Gen.Int[1, 40], Gen.Int[0, 60], Gen.Int[1, 70], Gen.Int[1, 4]).Sample((dimension, rows, count, most) =>
    {
        float[] embeddings = Vectors(rows, dimension, seed: rows), query = Vectors(1, dimension, seed: 99);
        var index = new ClipSearchIndex(dimension, numberOfThreads: most);
        index.Add(embeddings);
        float[] expected = [.. ClipSimilarity.TopK(query, embeddings, count).Select(m => m.Cosine)];
        float[] actual = [.. index.Search(query, count).Select(m => m.Cosine)];

        return actual.Length == expected.Length && actual.Zip(expected).All(p => Math.Abs(p.First - p.Second) <= SingleTolerance);
    });

    // Repeated rows, more of them than are asked for, in pieces that several threads work on.
    [Theory, MemberData(nameof(Storages))]
    public void Search_EqualRows_FindsThoseThatStandFirst(ClipSearchStorage storage)
    {
        const int Dimension = 512, Rows = 9000;
        float[] row = Vectors(1, Dimension, seed: 3), embeddings = [.. Enumerable.Repeat(row, Rows).SelectMany(r => r)];
        var index = Index(storage, Dimension, embeddings);

        Assert.Equal(Enumerable.Range(0, 20), index.Search(row, 20).Select(m => m.Index));
        Assert.Equal(Enumerable.Range(0, 20), index.SearchBatch([.. row, .. row, .. row], 20)[2].Select(m => m.Index));
        Assert.Single(index.Search(row, Rows).Select(m => m.Cosine).Distinct());
        Assert.InRange(index.Search(row, 1)[0].Cosine, 1 - Tolerance(storage), 1);
    }

    [Theory, MemberData(nameof(Storages))]
    public void SearchBatch_IsSearchToTheLastBit_WhateverTheThreads(ClipSearchStorage storage)
    {
        const int Dimension = 130, Queries = 131;
        float[] embeddings = Vectors(5003, Dimension, seed: 4), queries = Vectors(Queries, Dimension, seed: 5);
        var index = Index(storage, Dimension, embeddings);
        var alone = new ClipSearchIndex(Dimension, storage, numberOfThreads: 1);
        // In parts, one of them empty.
        alone.Add(embeddings.AsSpan(0, Dimension));
        alone.Add([]);
        alone.Add(embeddings.AsSpan(Dimension, 2000 * Dimension));
        alone.Add(embeddings.AsSpan(2001 * Dimension));

        var batch = index.SearchBatch(queries, 7);

        Assert.Equal(Queries, batch.Count);
        for (int q = 0; q < Queries; q++)
        {
            Assert.Equal(index.Search(queries.AsSpan(q * Dimension, Dimension), 7), batch[q]);
            Assert.Equal(alone.Search(queries.AsSpan(q * Dimension, Dimension), 7), batch[q]);
        }
    }

    [Theory, MemberData(nameof(Storages))]
    public void Search_NarrowVectors_FindsTheSame(ClipSearchStorage storage)
    {
        const int Dimension = 200;
        float[] embeddings = Vectors(100, Dimension, seed: 6), queries = Vectors(5, Dimension, seed: 7);
        var index = new ClipSearchIndex(Dimension, storage, numberOfThreads: 1);
        index.Add(embeddings);
        var wide = index.SearchBatch(queries, 100);
        try
        {
            SearchKernel.ForceNarrow = true;
            var narrow = index.SearchBatch(queries, 100);
            for (int q = 0; q < 5; q++)
            {
                Assert.Equal(narrow[q], index.Search(queries.AsSpan(q * Dimension, Dimension), 100));
                Assert.All(wide[q].OrderBy(m => m.Index).Zip(narrow[q].OrderBy(m => m.Index)),
                    p => Assert.Equal(p.First.Cosine, p.Second.Cosine, SingleTolerance));
            }
        }
        finally
        {
            SearchKernel.ForceNarrow = false;
        }
    }

    // Half's rounding, and nothing else: read by moving bits, and kept times 2^14; below 2^-28 is nothing.
    [Fact]
    public void HalfFormat_ReadsWhatHalfRoundsTo() => Gen.Float[-1, 1].Array[16].Sample(values =>
    {
        short[] kept = new short[16];
        HalfFormat.Write(values, kept);
        var wide = HalfFormat.Load(in kept[0]);
        var (low, high) = HalfFormat.LoadHalves(in kept[0]);

        return Enumerable.Range(0, 16).All(i => wide[i] == (i < 8 ? low[i] : high[i - 8])
            && wide[i] / HalfFormat.One == (Math.Abs(values[i]) < Smallest ? 0 : (float)(Half)(values[i] * (1 << 14)) / (1 << 14)));
    });

    [Fact]
    public void Search_IntoMemoryOfTheCallers_AllocatesLittle_WhateverTheSize()
    {
        var index = new ClipSearchIndex(64, numberOfThreads: 1);
        index.Add(Vectors(200, 64, seed: 8));
        float[] query = Vectors(1, 64, seed: 9);
        var matches = new ClipMatch[10];
        for (int i = 0; i < 100; i++)
        {
            index.Search(query, matches);
        }
        long before = GC.GetAllocatedBytesForCurrentThread();

        Assert.Equal(10, index.Search(query, matches));

        // What holds the pieces and the query: a few objects, whatever the index's size.
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 1024);
    }

    [Fact]
    public void Search_NothingThere_FindsNothing()
    {
        var index = new ClipSearchIndex(2);

        Assert.Equal((0, 2, ClipSearchStorage.Single), (index.Count, index.Dimension, index.Storage));
        Assert.Empty(index.Search([1, 0], 5));
        Assert.Equal(0, index.Search([1, 0], new ClipMatch[3].AsSpan()));
        Assert.Empty(Assert.Single(index.SearchBatch([1, 0], 5)));
        index.Add([0, 3, 4, 0]);
        Assert.Equal([(1, 1f), (0, 0f)], index.Search([2, 0], 5).Select(m => (m.Index, m.Cosine)));
        Assert.Equal(0, index.Search([1, 0], default(Span<ClipMatch>)));
        Assert.Empty(index.SearchBatch([], 5));
    }

    [Theory]
    [InlineData(float.NaN, "its norm is NaN")]
    [InlineData(0f, "its norm is 0")]
    [InlineData(float.PositiveInfinity, "its norm is")]
    [InlineData(3e38f, "its norm is")]
    public void Add_ARowWithoutADirection_IsRefusedWithItsNumber_AndNothingIsAdded(float value, string says)
    {
        var index = new ClipSearchIndex(2);
        index.Add([1, 0]);

        var error = Assert.Throws<ArgumentException>(() => index.Add([0, 1, 1, 1, value, value, value, value]));

        Assert.Contains("Embedding 2 (counted from 0, of those passed)", error.Message, StringComparison.Ordinal);
        Assert.Contains(says, error.Message, StringComparison.Ordinal);
        Assert.Equal(1, index.Count);
        index.Add([0, 1]);
        Assert.Equal([1, 0], index.Search([0, 1], 9).Select(m => m.Index));
    }

    [Fact]
    public void BadInput_SaysExpectedAndFound()
    {
        var index = new ClipSearchIndex(2);
        index.Add([1, 0]);
        Assert.Contains("The query has 3 values; expected 2", Message(() => index.Search([1, 0, 0], 1)), StringComparison.Ordinal);
        Assert.Contains("its norm is NaN", Message(() => index.Search([float.NaN, 0], 1)), StringComparison.Ordinal);
        Assert.Contains("Query 1 (counted from 0) has no direction", Message(() => index.SearchBatch([1, 0, 0, 0], 1)), StringComparison.Ordinal);
        Assert.Contains("3 values, which are no whole rows of 2", Message(() => index.SearchBatch([1, 0, 0], 1)), StringComparison.Ordinal);
        Assert.Contains("3 values, which are no whole rows of 2", Message(() => index.Add([1, 0, 0])), StringComparison.Ordinal);
        Assert.Throws<ArgumentOutOfRangeException>(() => index.Search([1, 0], 0));
        Assert.Throws<ArgumentOutOfRangeException>(() => index.SearchBatch([1, 0], 0));
        Assert.Throws<ArgumentOutOfRangeException>(() => new ClipSearchIndex(0));
        Assert.Throws<ArgumentOutOfRangeException>(() => new ClipSearchIndex(2, (ClipSearchStorage)7));
        Assert.Throws<ArgumentOutOfRangeException>(() => new ClipSearchIndex(2, numberOfThreads: 0));
        Assert.Throws<OperationCanceledException>(() => index.SearchBatch([1, 0], 1, new CancellationToken(canceled: true)));
        static string Message(Action action) => Assert.Throws<ArgumentException>(action).Message;
    }

    [Fact]
    public async Task Search_BesideAdd_FindsAllOrNothingOfWhatIsAdded()
    {
        const int Dimension = 32, Part = 100;
        var index = new ClipSearchIndex(Dimension, ClipSearchStorage.Half);
        float[] part = Vectors(Part, Dimension, seed: 10), query = part[..Dimension];
        using var done = new CancellationTokenSource();
        var searches = Enumerable.Range(0, 2).Select(_ => Task.Run(() =>
        {
            while (!done.IsCancellationRequested)
            {
                Assert.Equal(0, index.Search(query, 100_000).Count % Part);
            }
        })).ToArray();
        for (int i = 0; i < 60; i++)
        {
            index.Add(part);
        }
        await done.CancelAsync();
        await Task.WhenAll(searches);

        Assert.Equal(60 * Part, index.Count);
        Assert.Equal(Enumerable.Range(0, 60).Select(i => i * Part), index.Search(query, 60).Select(m => m.Index));
    }

    private static double Tolerance(ClipSearchStorage storage) => storage switch
    {
        ClipSearchStorage.Single => SingleTolerance,
        ClipSearchStorage.Half => HalfTolerance,
        _ => Int8Tolerance,
    };

    private static ClipSearchIndex Index(ClipSearchStorage storage, int dimension, float[] embeddings)
    {
        var index = new ClipSearchIndex(dimension, storage);
        index.Add(embeddings);
        return index;
    }

    private static double Cosine(float[] x, float[] y) =>
        x.Zip(y, (a, b) => (double)a * b).Sum() / Math.Sqrt(x.Sum(a => (double)a * a) * y.Sum(b => (double)b * b));

    // Of any length: they are made unit vectors.
    private static float[] Vectors(int rows, int dimension, int seed)
    {
        var random = new Random(seed);
        return [.. Enumerable.Range(0, rows * dimension).Select(_ => (float)((random.NextDouble() + random.NextDouble() + random.NextDouble() - 1.5) * 3))];
    }
}
