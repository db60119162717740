using Microsoft.ML.Data;
using Microsoft.ML.Runtime;

namespace Microsoft.ML.Clip;

/// <summary>
/// Runs ahead of a consumer: one thread enumerates the source (once) and prepares batches, fanning out over the processors; others run the
/// encoder, each on a batch of its own; finished batches wait for the consumer, who gives them back. There are only as many batches as can be worked on,
/// so memory is bounded and a slow consumer slows the source down.
/// </summary>
/// <remarks>
/// <para>The consumer gets the batches in the order in which they were read. Created, consumed and disposed by one thread.</para>
/// <para>This is what the consumer holds. The threads hold <see cref="ReadAhead{TInput}"/> only, so that a consumer which is forgotten without having been
/// disposed is found by the collector, and the threads end.</para>
/// </remarks>
internal sealed class BatchReader<TInput> : IDisposable
{
    private readonly ReadAhead<TInput> _work;

    public BatchReader(IHost host, DataViewRowCursor source, IEnumerable<DataViewSchema.Column> passThrough, BatchMapper<TInput> mapper, long? rowCount)
    {
        _work = new ReadAhead<TInput>(host, source, passThrough, mapper, rowCount);
        _work.Start();
    }

    ~BatchReader() => _work?.Abandon();

    /// <summary>The next batch, or <see langword="null"/> after the last. The caller gives it back with <see cref="Return"/>.</summary>
    public RowBatch<TInput>? Take()
    {
        var batch = _work.Take();
        GC.KeepAlive(this);
        return batch;
    }

    public void Return(RowBatch<TInput> batch) => _work.Return(batch);

    /// <summary>Stops the threads (after the encoder runs they may be in) and closes the source.</summary>
    public void Dispose()
    {
        GC.SuppressFinalize(this);
        _work.Dispose();
    }
}

/// <summary>Consecutive rows on their way from the source to the consumer.</summary>
internal sealed class RowBatch<TInput>(RowWork<TInput> encoder, ColumnBuffer<TInput> inputs, ColumnBuffer?[] passThrough) : IDisposable
{
    /// <summary>What turns <see cref="Inputs"/> into the added columns.</summary>
    public RowWork<TInput> Encoder { get; } = encoder;

    /// <summary>The input column. May hold fewer slots than the batch has rows; see <see cref="BatchReader{TInput}"/>.</summary>
    public ColumnBuffer<TInput> Inputs { get; } = inputs;

    /// <summary>The active columns of the source, by their index there.</summary>
    public ColumnBuffer?[] PassThrough { get; } = passThrough;

    /// <summary>The rows' ids.</summary>
    public DataViewRowId[] Ids { get; } = new DataViewRowId[encoder.Capacity];

    /// <summary>The position of the first row in the source.</summary>
    public long FirstRow { get; set; }

    /// <summary>Whether the encoder is done with the batch.</summary>
    public ManualResetEventSlim Encoded { get; } = new();

    /// <summary>How many good rows there are.</summary>
    public int Count { get; set; }

    /// <summary>What ended the enumeration after these rows, if anything did.</summary>
    public Exception? Error { get; set; }

    public void Dispose()
    {
        Encoded.Dispose();
        Encoder.Dispose();
        Inputs.Release();
        foreach (var column in PassThrough)
        {
            column?.Release();
        }
    }
}
