using Microsoft.ML.Data;

namespace Microsoft.ML.Clip;

/// <summary>Consecutive rows on their way from the source to the consumer.</summary>
internal sealed class RowBatch<TInput>(RowWork<TInput> encoder, ColumnBuffer<TInput> inputs, ColumnBuffer?[] passThrough)
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
}
