using System.Buffers;
using System.Numerics.Tensors;

namespace Microsoft.ML.Clip;

/// <summary>
/// Embeddings in memory, and the nearest of them to a query by cosine: exact, by comparing with every one. For up to some millions; beyond that, or to keep
/// them on a disk, use a vector store.
/// </summary>
/// <remarks>
/// <para>Memory: dimension (up to the next multiple of 16) times 4, 2 or 1 bytes an embedding as <see cref="ClipSearchStorage"/> says, with
/// <see cref="ClipSearchStorage.Int8"/> 4 bytes more; a million of 512 values takes 2.05, 1.02 or 0.52 GB. The caller's array is not kept. Memory is taken in
/// chunks of up to 32 MB, of which the last may be partly empty.</para>
/// <para>Many queries at once (<see cref="SearchBatch"/>) share one reading of memory, and give the same results as one after the other, to the last
/// bit.</para>
/// <para>Thread-safe: searches run beside each other and beside <see cref="Add"/>, of whose embeddings they find all or none.</para>
/// </remarks>
public sealed unsafe class ClipSearchIndex
{
    // Queries that share a reading of memory: a few hundred kilobytes of them stay in the second cache, and the arithmetic takes longer than the reading.
    private const int MostQueriesAtOnce = 128;

    // And no more matches at once than this for each thread, 8 MB: who asks for all embeddings has the queries one after the other.
    private const int MostMatchesAtOnce = 1 << 20;

    // Each thread has its own best: 128 MB. Who asks for more gets fewer threads.
    private const int MostMatchesOfAllThreads = 1 << 24;

    private readonly SearchRows _rows;
    private readonly int _threads;
    private readonly Lock _gate = new();
    private volatile SearchState _state = new([], 0);

    /// <summary>An index without embeddings.</summary>
    /// <param name="dimension">The length of an embedding, 1 to 1,048,576.</param>
    /// <param name="storage">How to keep them.</param>
    /// <param name="numberOfThreads">How many threads a search may use, at most 1,024; <see langword="null"/> for one per processor.</param>
    /// <exception cref="ArgumentOutOfRangeException">The dimension, the storage or the number of threads is out of range.</exception>
    public ClipSearchIndex(int dimension, ClipSearchStorage storage = ClipSearchStorage.Single, int? numberOfThreads = null)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(dimension, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(dimension, 1 << 20);
        if (numberOfThreads is { } threads)
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(threads, 1, nameof(numberOfThreads));
            ArgumentOutOfRangeException.ThrowIfGreaterThan(threads, Threads.Most, nameof(numberOfThreads));
        }
        (_rows, Storage, _threads) = (SearchRows.Create(dimension, storage), storage, numberOfThreads ?? Environment.ProcessorCount);
    }

    /// <summary>The length of an embedding.</summary>
    public int Dimension => _rows.Dimension;

    /// <summary>How many embeddings there are.</summary>
    public int Count => _state.Count;

    /// <summary>How they are kept.</summary>
    public ClipSearchStorage Storage { get; }

    /// <summary>The memory that a search reads, for benchmarks.</summary>
    internal IReadOnlyList<SearchChunk> Chunks => _state.Chunks;

    /// <summary>Adds embeddings behind those that are there. They need not be of unit length, and are copied.</summary>
    /// <param name="embeddings">[count, <see cref="Dimension"/>], row-major; the first gets the index <see cref="Count"/>.</param>
    /// <exception cref="ArgumentException">
    /// The values are no whole embeddings, or one has no direction: it is zero or not finite, or its norm is beyond
    /// <see cref="float"/>; the message has its number among those passed. None of them has been added.
    /// </exception>
    /// <exception cref="OutOfMemoryException">There is no room for them. None of them has been added.</exception>
    public void Add(ReadOnlySpan<float> embeddings)
    {
        int dimension = Dimension;
        if (embeddings.Length % dimension != 0)
        {
            throw new ArgumentException($"The embeddings are {embeddings.Length} values, which are no whole rows of {dimension}.", nameof(embeddings));
        }
        int count = embeddings.Length / dimension;
        lock (_gate)
        {
            var grown = _rows.Grow(_state, count);
            int first = grown.Count, pieceRows = _rows.PieceRows, pieces = (count + pieceRows - 1) / pieceRows;
            fixed (float* start = embeddings)
            {
                float* values = start;
                Threads.For(pieces, _threads, piece =>
                {
                    float[] unit = new float[dimension];
                    int from = piece * pieceRows, chunk = 0;
                    for (int i = from; i < Math.Min(count, from + pieceRows); i++)
                    {
                        Normalize(new ReadOnlySpan<float>(values + ((long)i * dimension), dimension), unit, i);
                        while (first + i >= grown.Chunks[chunk].Start + grown.Chunks[chunk].Rows)
                        {
                            chunk++;
                        }
                        _rows.Write(grown.Chunks[chunk], first + i - grown.Chunks[chunk].Start, unit);
                    }
                });
            }
            _state = grown with { Count = checked(first + count) };
        }
    }

    /// <summary>The embeddings that lie nearest to a query.</summary>
    /// <param name="query">
    /// The embedding to compare with: of a text to search by words, of an image to search by example. It need not be of unit length.
    /// </param>
    /// <param name="count">How many to find; at least 1.</param>
    /// <returns>The nearest first, of equal ones the one that stands first; fewer than asked for if there are no more.</returns>
    /// <exception cref="ArgumentException">The query is of another length, or has no direction.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The count is below 1.</exception>
    public IReadOnlyList<ClipMatch> Search(ReadOnlySpan<float> query, int count)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
        var matches = new ClipMatch[Math.Min(count, Count)];
        int found = Search(query, matches);
        return found == matches.Length ? matches : matches[..found];
    }

    /// <summary>The embeddings that lie nearest to a query, into memory of the caller's: for many searches one after the other.</summary>
    /// <param name="query">The embedding to compare with. It need not be of unit length.</param>
    /// <param name="matches">Receives as many as there is room for, the nearest first, of equal ones the one that stands first.</param>
    /// <returns>How many were found: the length of <paramref name="matches"/>, or all there are.</returns>
    /// <exception cref="ArgumentException">The query is of another length, or has no direction.</exception>
    public int Search(ReadOnlySpan<float> query, Span<ClipMatch> matches)
    {
        if (query.Length != Dimension)
        {
            throw new ArgumentException($"The query has {query.Length} values; expected {Dimension}.", nameof(query));
        }
        using var queries = new Queries(_rows.Width, query, Dimension, (norm, _) =>
            $"The query has no direction: it has {Dimension} values, and its norm is {norm}.", nameof(query));
        var state = _state;
        int count = Math.Min(matches.Length, state.Count);
        if (count == 0)
        {
            return 0;
        }
        Span<int> found = stackalloc int[1];
        SearchAll(state, queries, count, matches, found, CancellationToken.None);
        return found[0];
    }

    /// <summary>The embeddings that lie nearest to each of many queries. Up to 128 queries share one reading of the embeddings.</summary>
    /// <param name="queries">[queries, <see cref="Dimension"/>], row-major. They need not be of unit length.</param>
    /// <param name="count">How many to find for each; at least 1.</param>
    /// <param name="cancellationToken">Ends the search between two pieces of about a megabyte.</param>
    /// <returns>For each query what <see cref="Search(ReadOnlySpan{float}, int)"/> finds.</returns>
    /// <exception cref="ArgumentException">The values are no whole queries, or one has no direction; the message has its number.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The count is below 1.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public IReadOnlyList<IReadOnlyList<ClipMatch>> SearchBatch(ReadOnlySpan<float> queries, int count, CancellationToken cancellationToken = default)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
        if (queries.Length % Dimension != 0)
        {
            throw new ArgumentException($"The queries are {queries.Length} values, which are no whole rows of {Dimension}.", nameof(queries));
        }
        var state = _state;
        int all = queries.Length / Dimension;
        count = Math.Min(count, state.Count);
        var results = new IReadOnlyList<ClipMatch>[all];
        int atOnce = Math.Min(all, Math.Clamp(MostMatchesAtOnce / Math.Max(count, 1), 1, MostQueriesAtOnce));
        var matches = new ClipMatch[atOnce * count];
        int[] found = new int[atOnce];
        for (int first = 0; first < all; first += atOnce)
        {
            int start = first, block = Math.Min(atOnce, all - first);
            using var units = new Queries(_rows.Width, queries.Slice(first * Dimension, block * Dimension), Dimension,
                (norm, row) => $"Query {start + row} (counted from 0) has no direction: its norm is {norm}.", nameof(queries));
            SearchAll(state, units, count, matches, found.AsSpan(0, block), cancellationToken);
            for (int q = 0; q < block; q++)
            {
                results[first + q] = matches.AsSpan(q * count, found[q]).ToArray();
            }
        }
        return results;
    }

    // Each thread finds its own best among the pieces it comes to, and the best of all these are the best.
    private void SearchAll(SearchState state, Queries queries, int count, Span<ClipMatch> matches, Span<int> found, CancellationToken cancellationToken)
    {
        found.Clear();
        if (count == 0)
        {
            return;
        }
        var pieces = new Pieces(state, _rows.PieceRows);
        int perThread = queries.Count * count, threads = Math.Min(Math.Min(_threads, pieces.Count), Math.Max(1, MostMatchesOfAllThreads / perThread));
        if (threads == 1)
        {
            Work(pieces, queries, new QueryMatches(matches[..perThread], found, count), cancellationToken);
        }
        else
        {
            var heaps = ArrayPool<ClipMatch>.Shared.Rent(checked(threads * perThread));
            int[] counts = ArrayPool<int>.Shared.Rent(threads * queries.Count);
            try
            {
                counts.AsSpan(0, threads * queries.Count).Clear();
                Threads.For(threads, threads, thread => Work(pieces, queries,
                    new QueryMatches(heaps.AsSpan(thread * perThread, perThread), counts.AsSpan(thread * queries.Count, queries.Count), count),
                    cancellationToken));
                for (int q = 0; q < queries.Count; q++)
                {
                    var best = new BestMatches(matches.Slice(q * count, count));
                    for (int thread = 0; thread < threads; thread++)
                    {
                        foreach (var match in heaps.AsSpan((thread * perThread) + (q * count), counts[(thread * queries.Count) + q]))
                        {
                            best.Add(match.Index, match.Cosine);
                        }
                    }
                    found[q] = best.Count;
                }
            }
            finally
            {
                ArrayPool<ClipMatch>.Shared.Return(heaps);
                ArrayPool<int>.Shared.Return(counts);
            }
        }
        for (int q = 0; q < queries.Count; q++)
        {
            new BestMatches(matches.Slice(q * count, count), found[q]).Sort();
        }
    }

    private void Work(Pieces pieces, Queries queries, QueryMatches best, CancellationToken cancellationToken)
    {
        while (pieces.Next(out var chunk, out int first, out int end))
        {
            cancellationToken.ThrowIfCancellationRequested();
            _rows.Search(chunk, first, end, queries.Values, best);
        }
    }

    private static void Normalize(ReadOnlySpan<float> embedding, Span<float> unit, int number)
    {
        if (Direction.ToUnit(embedding, unit) is { } norm)
        {
            throw new ArgumentException($"Embedding {number} (counted from 0, of those passed) has no direction: its norm is {norm}. Leave such rows out.",
                nameof(embedding) + "s");
        }
    }

    /// <summary>Pieces of the rows, in order, for as many threads as ask.</summary>
    private sealed class Pieces
    {
        private readonly SearchState _state;
        private readonly int _rows;
        private readonly int[] _ends;
        private int _next = -1;

        public Pieces(SearchState state, int rows)
        {
            (_state, _rows, _ends) = (state, rows, new int[state.Chunks.Length]);
            for (int c = 0; c < _ends.Length; c++)
            {
                Count += (Used(c) + rows - 1) / rows;
                _ends[c] = Count;
            }
        }

        public int Count { get; }

        public bool Next(out SearchChunk chunk, out int first, out int end)
        {
            int piece = Interlocked.Increment(ref _next), c = Array.BinarySearch(_ends, piece + 1);
            // The first chunk that ends behind the piece; an empty one, at the end, has no pieces.
            c = c < 0 ? ~c : Array.IndexOf(_ends, piece + 1);
            if (piece >= Count)
            {
                (chunk, first, end) = (_state.Chunks[0], 0, 0);
                return false;
            }
            chunk = _state.Chunks[c];
            first = (piece - (c == 0 ? 0 : _ends[c - 1])) * _rows;
            end = Math.Min(first + _rows, Used(c));
            return true;
        }

        private int Used(int chunk) => Math.Clamp(_state.Count - _state.Chunks[chunk].Start, 0, _state.Chunks[chunk].Rows);
    }

    /// <summary>Queries at unit length, padded as rows are; and room for as many as the kernel takes at once.</summary>
    private sealed class Queries : IDisposable
    {
        [ThreadStatic]
        private static FloatBuffer? _spare;

        public Queries(int width, ReadOnlySpan<float> queries, int dimension, Func<float, int, string> noDirection, string name)
        {
            Count = queries.Length / dimension;
            int length = (Count + SearchKernel.Rows - 1) / SearchKernel.Rows * SearchKernel.Rows * width;
            Values = _spare is { } spare && spare.Length >= length ? spare : new FloatBuffer(length);
            _spare = null;
            Values.Span[..length].Clear();
            for (int q = 0; q < Count; q++)
            {
                var query = queries.Slice(q * dimension, dimension);
                if (Direction.ToUnit(query, Values.Span.Slice(q * width, dimension)) is { } norm)
                {
                    throw new ArgumentException(noDirection(norm, q), name);
                }
            }
        }

        public int Count { get; }

        public FloatBuffer Values { get; }

        // The next search of this thread needs no memory of its own.
        public void Dispose() => _spare = Values;
    }
}
