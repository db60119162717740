namespace Microsoft.ML.Clip;

/// <summary>
/// How many rows each batch takes where several are encoded at the same time. The first ones are small, so that no core waits until a whole batch is decoded
/// and the encoders do not all come for their next batch at once; where the number of rows is known, the last ones are of one size, so that no core computes
/// a whole batch while the others have nothing left.
/// </summary>
/// <param name="capacity">The most rows of a batch.</param>
/// <param name="encoders">Batches that are encoded at the same time. One takes whole batches: on a GPU each new size is planned anew.</param>
/// <param name="rowCount">How many rows there are, where that is known; it is believed for the sizes only.</param>
internal sealed class BatchSizes(int capacity, int encoders, long? rowCount)
{
    private int _batches;
    private int? _last;

    /// <summary>The most rows of the next batch, from 1 to the capacity.</summary>
    /// <param name="rowsRead">The rows of the batches before it.</param>
    public int Next(long rowsRead)
    {
        if (encoders == 1)
        {
            return capacity;
        }
        if (rowCount - rowsRead is { } left && left > 0 && left <= (long)capacity * encoders)
        {
            _last ??= (int)((left + encoders - 1) / encoders);
        }
        return _last ?? (_batches < encoders ? Math.Max(1, capacity * ++_batches / (2 * encoders)) : capacity);
    }
}
