namespace Microsoft.ML.Clip;

/// <summary>
/// The memory and the work of one batch of rows: they are prepared one by one (possibly in parallel), then encoded together. Reused from batch to batch.
/// </summary>
/// <typeparam name="TInput">The raw type of the input column: <c>ReadOnlyMemory&lt;char&gt;</c>, <c>VBuffer&lt;byte&gt;</c>, <c>MLImage</c>, ...</typeparam>
internal abstract class RowWork<TInput>(int capacity, int rowLength) : IDisposable
{
    private readonly bool[] _missing = new bool[capacity];

    /// <summary>How many rows fit.</summary>
    public int Capacity { get; } = capacity;

    /// <summary>How many values a row of the result has.</summary>
    public int RowLength { get; } = rowLength;

    /// <summary>[Capacity, RowLength].</summary>
    protected Rows<float> Output { get; } = new(new float[capacity * rowLength], rowLength);

    /// <summary>Turns one input value into what the encoder takes. Safe to call in parallel for different rows.</summary>
    /// <exception cref="Exception">The value cannot be used; the caller names the row and the column.</exception>
    public void Prepare(int row, in TInput input) => _missing[row] = !TryPrepare(row, input);

    /// <summary>Encodes the first <paramref name="count"/> rows. A row that was missing becomes NaN throughout.</summary>
    /// <returns>The number of missing rows among them.</returns>
    public int Encode(int count)
    {
        EncodeCore(count);
        int missing = 0;
        for (int row = 0; row < count; row++)
        {
            if (!_missing[row])
            {
                continue;
            }
            missing++;
            Output[row].Fill(float.NaN);
        }
        return missing;
    }

    /// <summary>Whether the row was prepared without a usable value.</summary>
    public bool IsMissing(int row) => _missing[row];

    /// <summary>The result of a row.</summary>
    public ReadOnlySpan<float> Row(int row) => Output[row];

    /// <summary>Gives pooled memory back. Nothing may use the batch any more; one that is left to the collector only costs the pool an array.</summary>
    public virtual void Dispose()
    {
    }

    /// <summary>As <see cref="Prepare"/>; <see langword="false"/> if the row has no usable value and the user asked to go on.</summary>
    protected abstract bool TryPrepare(int row, in TInput input);

    /// <summary>Fills the first <paramref name="count"/> rows of <see cref="Output"/>.</summary>
    protected abstract void EncodeCore(int count);
}
