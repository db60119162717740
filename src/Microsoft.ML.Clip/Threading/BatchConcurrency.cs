namespace Microsoft.ML.Clip;

/// <summary>How much of a step runs at the same time.</summary>
/// <param name="EncodedBatches">Batches in the encoder.</param>
/// <param name="PreparingThreads">
/// Threads that prepare the rows of the next batch. A bound is needed: decoding keeps a core busy, and left to itself the thread pool takes a worker that
/// waits for a file as a reason to add threads, each of which comes with pools and heaps of its own.
/// </param>
internal sealed record BatchConcurrency(int EncodedBatches, int PreparingThreads)
{
    /// <summary>For encoders that are best left alone.</summary>
    public static BatchConcurrency OneAtATime { get; } = new(1, Environment.ProcessorCount);
}
