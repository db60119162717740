namespace Microsoft.ML.Clip;

/// <summary>
/// How the cores are shared out among the encoder's runs: <see cref="Batches"/> batches at the same time, each on <see cref="Threads"/> threads.
/// See docs/adr/0007-a-batch-per-core.md for why and for the measurements.
/// </summary>
/// <param name="Batches">Batches that are encoded at the same time.</param>
/// <param name="Threads">Threads that work on each; null leaves it to ONNX Runtime.</param>
internal readonly record struct CoreShare(int Batches, int? Threads)
{
    /// <summary>Each batch in flight takes memory, and beyond a few the gain is small: more cores than this share a batch.</summary>
    public const int MostBatches = 4;

    /// <summary>What the options ask for; where they leave it open, what suits the machine.</summary>
    /// <param name="options">The caller's choices.</param>
    /// <param name="cores">Physical cores.</param>
    /// <param name="isElsewhere">Whether encoders run on something other than the cores (a GPU, or whatever the caller's own session options say).</param>
    public static CoreShare Choose(ClipModelOptions options, int cores, bool isElsewhere)
    {
        if (isElsewhere)
        {
            return new CoreShare(options.ConcurrentBatches ?? 1, options.IntraOpNumThreads);
        }
        int? threads = options.IntraOpNumThreads is 0 ? null : options.IntraOpNumThreads;
        int batches = options.ConcurrentBatches ?? Math.Clamp(cores / (threads ?? 1), 1, MostBatches);
        return new CoreShare(batches, threads ?? (batches == 1 ? null : Math.Max(1, cores / batches)));
    }
}
