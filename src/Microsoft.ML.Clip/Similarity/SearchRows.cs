namespace Microsoft.ML.Clip;

/// <summary>
/// Embeddings as they are kept, and the search among them. Rows are added by one thread at a time; what was there before may be searched meanwhile.
/// </summary>
internal abstract unsafe class SearchRows
{
    // A piece of work: long enough for the system to read ahead, short enough to be shared evenly. Rows in a group stay in the first cache.
    private protected const int PieceBytes = 1 << 20, GroupRows = 16;

    // Chunks of memory; of a few rows no more than they need.
    private const int MostChunkBytes = 32 << 20, LeastChunkBytes = 64 << 10;

    private protected SearchRows(int dimension, int valueBytes)
    {
        Dimension = dimension;
        Width = (dimension + SearchKernel.Lanes - 1) / SearchKernel.Lanes * SearchKernel.Lanes;
        RowBytes = Width * valueBytes;
    }

    public int Dimension { get; }

    /// <summary>The values kept of a row: the last ones are zero.</summary>
    public int Width { get; }

    public int RowBytes { get; }

    public static SearchRows Create(int dimension, ClipSearchStorage storage) => storage switch
    {
        ClipSearchStorage.Single => new SearchRows<SingleFormat, float>(dimension),
        ClipSearchStorage.Half => new SearchRows<HalfFormat, short>(dimension),
        ClipSearchStorage.Int8 => new SearchRows<Int8Format, sbyte>(dimension),
        _ => throw new ArgumentOutOfRangeException(nameof(storage), storage, "There is no such storage."),
    };

    /// <summary>Makes room for rows behind those that are there.</summary>
    /// <returns>The chunks, those of <paramref name="state"/> first.</returns>
    public SearchState Grow(SearchState state, int rows)
    {
        List<SearchChunk> chunks = [.. state.Chunks];
        for (long room = state.Room - state.Count; room < rows;)
        {
            // Each as large as all before it, as long as that is little.
            long bytes = Math.Clamp(Math.Max((rows - room) * RowBytes, (long)state.Count * RowBytes), LeastChunkBytes, MostChunkBytes);
            int count = (int)Math.Max(GroupRows, bytes / RowBytes / GroupRows * GroupRows);
            int start = chunks.Count == 0 ? 0 : chunks[^1].Start + chunks[^1].Rows;
            var values = new FloatBuffer(checked((int)((long)count * RowBytes / sizeof(float))), clear: false);
            chunks.Add(new SearchChunk(start, count, values, HasScales ? new float[count] : null));
            room += count;
        }
        return new SearchState([.. chunks], state.Count);
    }

    private protected abstract bool HasScales { get; }

    /// <summary>Keeps a row.</summary>
    public abstract void Write(SearchChunk chunk, int row, ReadOnlySpan<float> unit);

    /// <summary>Finds the best among some rows of a chunk, for every query.</summary>
    /// <param name="chunk">The chunk.</param>
    /// <param name="first">The first row, a multiple of 16.</param>
    /// <param name="end">The row behind the last.</param>
    /// <param name="queries">[queries, width], at unit length; room for a multiple of <see cref="SearchKernel.Queries"/>.</param>
    /// <param name="best">What was found, for each query.</param>
    public abstract void Search(SearchChunk chunk, int first, int end, FloatBuffer queries, QueryMatches best);

    /// <summary>The rows of a piece of work, a multiple of 16.</summary>
    public int PieceRows => Math.Max(GroupRows, PieceBytes / RowBytes / GroupRows * GroupRows);
}

/// <summary>Some rows, one after the other in memory.</summary>
/// <param name="Start">The number of the first.</param>
/// <param name="Rows">How many there is room for.</param>
/// <param name="Values">The rows.</param>
/// <param name="Scales">What the values of a row have to be multiplied with; null for 1.</param>
internal sealed record SearchChunk(int Start, int Rows, FloatBuffer Values, float[]? Scales);

/// <summary>What can be searched at a moment.</summary>
/// <param name="Chunks">The chunks.</param>
/// <param name="Count">The rows written.</param>
internal sealed record SearchState(SearchChunk[] Chunks, int Count)
{
    public long Room => Chunks.Length == 0 ? 0 : Chunks[^1].Start + (long)Chunks[^1].Rows;
}

/// <summary>The best matches of each of several queries.</summary>
/// <param name="heaps">[queries, count].</param>
/// <param name="found">How many there are of each query.</param>
/// <param name="count">The most of each.</param>
internal readonly ref struct QueryMatches(Span<ClipMatch> heaps, Span<int> found, int count)
{
    private readonly Span<ClipMatch> _heaps = heaps;
    private readonly Span<int> _found = found;

    public int Queries => _found.Length;

    public BestMatches Of(int query) => new(_heaps.Slice(query * count, count), _found[query]);

    public void Keep(int query, BestMatches best) => _found[query] = best.Count;
}

/// <inheritdoc/>
internal sealed unsafe class SearchRows<TFormat, T>(int dimension) : SearchRows(dimension, sizeof(T))
    where TFormat : ISearchFormat<T>
    where T : unmanaged
{
    private protected override bool HasScales => TFormat.HasScales;

    public override void Write(SearchChunk chunk, int row, ReadOnlySpan<float> unit)
    {
        var values = new Span<T>(Row(chunk, row), Width);
        float scale = TFormat.Write(unit, values[..Dimension]);
        values[Dimension..].Clear();
        if (chunk.Scales is { } scales)
        {
            scales[row] = scale;
        }
    }

    public override void Search(SearchChunk chunk, int first, int end, FloatBuffer queries, QueryMatches best)
    {
        if (best.Queries == 1)
        {
            SearchOne(chunk, first, end, queries.Pointer, best);
        }
        else
        {
            SearchMany(chunk, first, end, queries.Pointer, best);
        }
    }

    private static float Factor => 1 / TFormat.One;

    private T* Row(SearchChunk chunk, int row) => (T*)chunk.Values.Pointer + ((long)row * Width);

    private void SearchOne(SearchChunk chunk, int first, int end, float* query, QueryMatches best)
    {
        var matches = best.Of(0);
        float* products = stackalloc float[SearchKernel.Rows];
        float threshold = matches.Threshold, factor = Factor;
        for (int row = first; row < end; row += SearchKernel.Rows)
        {
            SearchKernel.Multiply<TFormat, T>(Row(chunk, row), query, Width, products);
            for (int r = 0; r < Math.Min(SearchKernel.Rows, end - row); r++)
            {
                float cosine = products[r] * factor * (chunk.Scales is { } scales ? scales[row + r] : 1);
                if (cosine >= threshold)
                {
                    matches.Add(chunk.Start + row + r, cosine);
                    threshold = matches.Threshold;
                }
            }
        }
        best.Keep(0, matches);
    }

    private void SearchMany(SearchChunk chunk, int first, int end, float* queries, QueryMatches best)
    {
        int atOnce = SearchKernel.Queries;
        float* products = stackalloc float[SearchKernel.Rows * SearchKernel.Rows];
        var wide = typeof(T) == typeof(float) ? null : new FloatBuffer(GroupRows * Width, clear: false);
        for (int group = first; group < end; group += GroupRows)
        {
            float* rows = (float*)Row(chunk, group);
            if (wide is not null)
            {
                SearchKernel.Widen<TFormat, T>(Row(chunk, group), wide.Pointer, GroupRows * Width);
                rows = wide.Pointer;
            }
            for (int query = 0; query < best.Queries; query += atOnce)
            {
                for (int row = group; row < Math.Min(end, group + GroupRows); row += SearchKernel.Rows)
                {
                    SearchKernel.MultiplyMany(rows + ((row - group) * Width), queries + ((long)query * Width), Width, products);
                    for (int q = 0; q < Math.Min(atOnce, best.Queries - query); q++)
                    {
                        Add(chunk, row, Math.Min(SearchKernel.Rows, end - row), products + (q * SearchKernel.Rows), query + q, best);
                    }
                }
            }
        }
        // A pointer keeps nothing.
        GC.KeepAlive(wide);
    }

    private static void Add(SearchChunk chunk, int row, int count, float* products, int query, QueryMatches best)
    {
        var matches = best.Of(query);
        float threshold = matches.Threshold;
        for (int r = 0; r < count; r++)
        {
            float cosine = products[r] * Factor * (chunk.Scales is { } scales ? scales[row + r] : 1);
            if (cosine >= threshold)
            {
                matches.Add(chunk.Start + row + r, cosine);
                threshold = matches.Threshold;
                best.Keep(query, matches);
            }
        }
    }
}
