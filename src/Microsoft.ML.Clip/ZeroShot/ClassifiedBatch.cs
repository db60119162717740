namespace Microsoft.ML.Clip;

/// <summary>A batch whose embeddings are classified at once: what another batch encodes, turned into class probabilities.</summary>
internal sealed class ClassifiedBatch<TInput>(EncoderBatch<TInput> embeddings, ZeroShotClassifier classifier, int capacity)
    : EncoderBatch<TInput>(capacity, classifier.Labels.Length)
{
    public override void Dispose() => embeddings.Dispose();

    // A missing image is known to the inner batch, whose NaN embedding becomes NaN probabilities here.
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
            classifier.Classify(embeddings.Row(row), Output.AsSpan(row * RowLength, RowLength));
        }
    }
}
