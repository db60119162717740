using System.Buffers;

namespace Microsoft.ML.Clip;

/// <summary>Turns one value into what an encoder takes. Called by several threads.</summary>
/// <returns>False if the value cannot be used and the user asked to go on; the row becomes NaN.</returns>
internal delegate bool PrepareRow<TInput, TPrepared>(in TInput input, Span<TPrepared> prepared);

/// <summary>Encodes a batch of prepared rows.</summary>
/// <param name="prepared">[count, prepared length].</param>
/// <param name="results">[count, result length].</param>
/// <param name="isAlone">Whether the batch is a single row that has the machine to itself.</param>
internal delegate void EncodeRows<TPrepared>(Rows<TPrepared> prepared, Rows<float> results, bool isAlone);

/// <summary>The two stages of a step: a value becomes what an encoder takes, and a batch of that becomes embeddings.</summary>
internal sealed record RowStages<TInput, TPrepared>(int PreparedLength, PrepareRow<TInput, TPrepared> Prepare, int ResultLength, EncodeRows<TPrepared> Encode);

/// <summary>What may follow an encoder within the batch, so that embeddings need not leave it: a classifier.</summary>
internal interface IBatchHead
{
    /// <summary>How many values a result has.</summary>
    int ResultLength { get; }

    /// <summary>Computes the result of one embedding. Called by several threads.</summary>
    void Apply(ReadOnlySpan<float> embedding, Span<float> result);
}

/// <summary>The work of a step that is made of stages: all prepared rows lie in one tensor, which the encoder reads in place.</summary>
internal sealed class StagedRowWork<TInput, TPrepared>(RowStages<TInput, TPrepared> stages, IBatchHead? head, int capacity)
    : RowWork<TInput>(capacity, head?.ResultLength ?? stages.ResultLength)
{
    // What comes before the head; without one embeddings are the results.
    private readonly Rows<float> _embeddings = head is null ? default : new(new float[capacity * stages.ResultLength], stages.ResultLength);

    // Pooled, for the next cursor: fresh memory of this size is dear, above all on virtual machines, where each of its pages has to be fetched.
    private TPrepared[] _memory = ArrayPool<TPrepared>.Shared.Rent(checked(capacity * stages.PreparedLength));

    private Rows<TPrepared> Prepared => new(_memory.AsMemory(0, Capacity * stages.PreparedLength), stages.PreparedLength);

    public override void Dispose()
    {
        ArrayPool<TPrepared>.Shared.Return(_memory);
        _memory = [];
    }

    protected override bool TryPrepare(int row, in TInput input) => stages.Prepare(input, Prepared[row]);

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
        var embeddings = (head is null ? Output : _embeddings).Slice(0, count);
        stages.Encode(Prepared.Slice(0, count), embeddings, isAlone: Capacity == 1);
        for (int row = 0; head is not null && row < count; row++)
        {
            if (!IsMissing(row))
            {
                head.Apply(embeddings[row], Output[row]);
            }
        }
    }
}
