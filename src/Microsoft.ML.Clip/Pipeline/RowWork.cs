using System.Buffers;

namespace Microsoft.ML.Clip;

/// <summary>
/// The memory and the work of one batch of rows: they are prepared one by one (possibly in parallel), then encoded together. Reused from batch to batch.
/// </summary>
/// <typeparam name="TInput">The raw type of the input column: <c>ReadOnlyMemory&lt;char&gt;</c>, <c>VBuffer&lt;byte&gt;</c>, <c>MLImage</c>, ...</typeparam>
internal abstract class RowWork<TInput>(int capacity, int rowLength) : IDisposable
{
    private readonly ClipException?[] _problems = new ClipException?[capacity];

    /// <summary>How many rows fit.</summary>
    public int Capacity { get; } = capacity;

    /// <summary>How many values a row of the result has.</summary>
    public int RowLength { get; } = rowLength;

    /// <summary>[Capacity, RowLength].</summary>
    protected Rows<float> Output { get; } = new(new float[capacity * rowLength], rowLength);

    /// <summary>Turns one input value into what the encoder takes. Safe to call in parallel for different rows.</summary>
    /// <exception cref="Exception">The value cannot be used; the caller names the row and the column.</exception>
    public void Prepare(int row, in TInput input) => _problems[row] = PrepareCore(row, input);

    /// <summary>Encodes the first <paramref name="count"/> rows. A row that was missing becomes NaN throughout.</summary>
    public void Encode(int count)
    {
        EncodeCore(count);
        for (int row = 0; row < count; row++)
        {
            if (IsMissing(row))
            {
                Output[row].Fill(float.NaN);
            }
        }
    }

    /// <summary>Whether the row was prepared without a usable value.</summary>
    public bool IsMissing(int row) => _problems[row] is not null;

    /// <summary>Why the row has no usable value; null if it has one.</summary>
    public ClipException? Problem(int row) => _problems[row];

    /// <summary>The result of a row.</summary>
    public ReadOnlySpan<float> Row(int row) => Output[row];

    /// <summary>Gives pooled memory back. Nothing may use the batch any more; one that is left to the collector only costs the pool an array.</summary>
    public virtual void Dispose()
    {
    }

    /// <summary>As <see cref="Prepare"/>; gives what is wrong with the value where the user asked to go on, otherwise null.</summary>
    protected abstract ClipException? PrepareCore(int row, in TInput input);

    /// <summary>Fills the first <paramref name="count"/> rows of <see cref="Output"/>.</summary>
    protected abstract void EncodeCore(int count);
}

/// <summary>Turns one value into what an encoder takes. Called by several threads.</summary>
/// <returns>Null if all is well; what is wrong if the value cannot be used and the user asked to go on: the row becomes NaN.</returns>
internal delegate ClipException? PrepareRow<TInput, TPrepared>(in TInput input, Span<TPrepared> prepared);

/// <summary>Encodes a batch of prepared rows.</summary>
/// <param name="prepared">[count, prepared length].</param>
/// <param name="results">[count, result length].</param>
/// <param name="isAlone">Whether the batch is a single row that has the machine to itself.</param>
internal delegate void EncodeRows<TPrepared>(Rows<TPrepared> prepared, Rows<float> results, bool isAlone);

/// <summary>The two stages of a step: a value becomes what an encoder takes, and a batch of that becomes embeddings.</summary>
internal sealed record RowStages<TInput, TPrepared>(int PreparedLength, PrepareRow<TInput, TPrepared> Prepare, int ResultLength, EncodeRows<TPrepared> Encode)
{
    /// <summary>Told, before the first value, that there will be some, and whether each has the machine to itself.</summary>
    public Action<bool>? Begin { get; init; }
}

/// <summary>What may follow an encoder within the batch, so that embeddings need not leave it: a classifier.</summary>
internal interface IBatchHead
{
    /// <summary>How many values a result has.</summary>
    int ResultLength { get; }

    /// <summary>Computes the result of one embedding. Called by several threads.</summary>
    void Apply(ReadOnlySpan<float> embedding, Span<float> result);
}

/// <summary>The work of a step that is made of stages: all prepared rows lie in one tensor, which the encoder reads in place.</summary>
internal sealed class StagedRowWork<TInput, TPrepared> : RowWork<TInput>
{
    private readonly RowStages<TInput, TPrepared> _stages;
    private readonly IBatchHead? _head;

    // What comes before the head; without one embeddings are the results.
    private readonly Rows<float> _embeddings;

    // Pooled, for the next cursor: fresh memory of this size is dear, above all on virtual machines, where each of its pages has to be fetched.
    private TPrepared[] _memory;

    public StagedRowWork(RowStages<TInput, TPrepared> stages, IBatchHead? head, int capacity)
        : base(capacity, head?.ResultLength ?? stages.ResultLength)
    {
        (_stages, _head) = (stages, head);
        _embeddings = head is null ? default : new(new float[capacity * stages.ResultLength], stages.ResultLength);
        _memory = ArrayPool<TPrepared>.Shared.Rent(checked(capacity * stages.PreparedLength));
        stages.Begin?.Invoke(capacity == 1);
    }

    private Rows<TPrepared> Prepared => new(_memory.AsMemory(0, Capacity * _stages.PreparedLength), _stages.PreparedLength);

    public override void Dispose()
    {
        ArrayPool<TPrepared>.Shared.Return(_memory);
        _memory = [];
        base.Dispose();
    }

    protected override ClipException? PrepareCore(int row, in TInput input) => _stages.Prepare(input, Prepared[row]);

    protected override void EncodeCore(int count)
    {
        int good = 0;
        while (good < count && IsMissing(good))
        {
            good++;
        }
        if (good == count)
        {
            return;
        }
        // The encoder runs on the whole batch: where a row is missing it sees a good one again, and the result is thrown away.
        for (int row = 0; row < count; row++)
        {
            if (IsMissing(row))
            {
                Prepared[good].CopyTo(Prepared[row]);
            }
        }
        var embeddings = (_head is null ? Output : _embeddings).Slice(0, count);
        _stages.Encode(Prepared.Slice(0, count), embeddings, isAlone: Capacity == 1);
        for (int row = 0; _head is not null && row < count; row++)
        {
            if (!IsMissing(row))
            {
                _head.Apply(embeddings[row], Output[row]);
            }
        }
    }
}
