namespace Microsoft.ML.Clip;

/// <summary>What may follow an encoder within the batch, so that embeddings need not leave it: a classifier.</summary>
internal interface IBatchHead
{
    /// <summary>How many values a result has.</summary>
    int ResultLength { get; }

    /// <summary>Computes the result of one embedding. Called by several threads.</summary>
    void Apply(ReadOnlySpan<float> embedding, Span<float> result);
}

/// <summary>A batch with a head: what another batch encodes, handed on to it.</summary>
internal sealed class HeadBatch<TInput>(RowWork<TInput> embeddings, IBatchHead head, int capacity) : RowWork<TInput>(capacity, head.ResultLength)
{
    public override void Dispose() => embeddings.Dispose();

    // A missing image is known to the inner batch, and its row is NaN here, too.
    protected override bool TryPrepare(int row, in TInput input)
    {
        embeddings.Prepare(row, input);
        return !embeddings.IsMissing(row);
    }

    protected override void EncodeCore(int count)
    {
        embeddings.Encode(count);
        for (int row = 0; row < count; row++)
        {
            if (!IsMissing(row))
            {
                head.Apply(embeddings.Row(row), Output[row]);
            }
        }
    }
}
