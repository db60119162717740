namespace Microsoft.ML.Clip;

/// <summary>
/// Labelled feature vectors in the layout that the kernels want: blocks of rows, each row padded and followed by a constant 1 whose weight is the
/// bias. Filled once by <see cref="Add"/>; afterwards only read, by any number of threads.
/// </summary>
internal sealed class ProbeRows
{
    // Features of a block: 384 KiB, so that they stay in the second-level cache (1 MiB or more on what we know) beside their logits.
    private const int BlockBytes = 384 * 1024;
    private const int MinimumBlockRows = 24;
    private const int MaximumBlockRows = 240;

    // Blocks are cut from larger pieces, which the system backs with huge pages where it has them. Each is as large as all before it, between these two.
    private const int LeastPieceBytes = 2 * HugePages.Size, MostPieceBytes = 16 * HugePages.Size;

    private readonly List<RowBlock> _blocks = [];
    private readonly bool _weighted;
    private readonly long _expected;
    private FloatBuffer? _piece;
    private int _used;

    /// <param name="dimension">The length of a feature vector.</param>
    /// <param name="weighted">Whether rows have weights.</param>
    /// <param name="expected">About how many rows there will be, so that no memory is taken beyond them; 0 if that is not known.</param>
    public ProbeRows(int dimension, bool weighted, long expected = 0)
    {
        _expected = expected;
        Dimension = dimension;
        _weighted = weighted;
        Stride = StrideOf(dimension);
        // A multiple of the kernel's tiles of 6 and 12 rows.
        BlockRows = Math.Clamp(BlockBytes / sizeof(float) / Stride, MinimumBlockRows, MaximumBlockRows) / 12 * 12;
    }

    /// <summary>The length of a feature vector, the constant not counted.</summary>
    public int Dimension { get; }

    /// <summary>The distance between rows: dimension + 1, padded.</summary>
    public int Stride { get; }

    /// <summary>The most rows of a block.</summary>
    public int BlockRows { get; }

    /// <summary>Whether rows have weights.</summary>
    public bool IsWeighted => _weighted;

    /// <summary>All rows.</summary>
    public int Count { get; private set; }

    /// <summary>The sum of the weights; without weights, the number of rows.</summary>
    public double TotalWeight { get; private set; }

    /// <summary>The blocks. Not every one has to be full.</summary>
    public IReadOnlyList<RowBlock> Blocks => _blocks;

    /// <summary>Appends a row.</summary>
    /// <param name="label">Its class.</param>
    /// <param name="weight">Its weight.</param>
    /// <returns>Where to write its features: all <see cref="Dimension"/> of them; what is there is not zero.</returns>
    public Span<float> Add(int label, float weight = 1)
    {
        if (_blocks.Count == 0 || _blocks[^1].IsFull)
        {
            _blocks.Add(new RowBlock(NextBlock(), Stride, _weighted));
        }
        var block = _blocks[^1];
        int row = block.Count++;
        Count++;
        TotalWeight += weight;
        block.Labels[row] = label;
        if (block.Weights is { } weights)
        {
            weights[row] = weight;
        }
        var features = block.Features.Span.Slice(row * Stride, Stride);
        features[Dimension] = 1;
        features[(Dimension + 1)..].Clear();
        return features[..Dimension];
    }

    /// <summary>The rows of both, which stay where they are.</summary>
    public static ProbeRows Concatenate(ProbeRows first, ProbeRows second)
    {
        var result = new ProbeRows(first.Dimension, first._weighted)
        {
            Count = first.Count + second.Count,
            TotalWeight = first.TotalWeight + second.TotalWeight,
        };
        result._blocks.AddRange(first._blocks);
        result._blocks.AddRange(second._blocks);
        return result;
    }

    private FloatBuffer NextBlock()
    {
        if (_piece is null || _used == _piece.Length)
        {
            long rowBytes = Stride * sizeof(float), rows = Math.Clamp(Count * rowBytes, LeastPieceBytes, MostPieceBytes) / rowBytes;
            rows = Math.Max(1, rows / BlockRows) * BlockRows;
            if (_expected > Count)
            {
                rows = Math.Min(rows, _expected - Count);
            }
            _piece = new FloatBuffer(checked((int)rows * Stride), clear: false);
            _used = 0;
        }
        int start = _used;
        _used = Math.Min(_piece.Length, start + BlockRows * Stride);
        return _piece.Part(start, _used - start);
    }

    // Rows that lie a multiple of 1 KiB apart would share a few sets of the first-level cache: one more vector of padding spreads them.
    private static int StrideOf(int dimension)
    {
        int stride = MatrixKernel.Pad(dimension + 1);
        return stride % 256 == 0 ? stride + MatrixKernel.Lanes : stride;
    }
}

/// <summary>Some rows of a <see cref="ProbeRows"/>: few enough that they, and their logits, stay in a core's cache.</summary>
internal sealed class RowBlock(FloatBuffer features, int stride, bool weighted)
{
    /// <summary>The features, row by row, <see cref="ProbeRows.Stride"/> values each.</summary>
    public FloatBuffer Features => features;

    /// <summary>The class of each row, from 0.</summary>
    public int[] Labels { get; } = new int[features.Length / stride];

    /// <summary>The weight of each row; null means 1 throughout.</summary>
    public float[]? Weights { get; } = weighted ? new float[features.Length / stride] : null;

    /// <summary>How many rows are filled.</summary>
    public int Count { get; set; }

    /// <summary>Whether there is no room for another row.</summary>
    public bool IsFull => Count == Labels.Length;
}
