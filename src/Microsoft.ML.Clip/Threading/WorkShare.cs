namespace Microsoft.ML.Clip;

/// <summary>
/// How work is cut and spread over the cores: rows are prepared ahead on some threads, and encoded in batches, several at the same time, each on threads of
/// its own. See docs/adr/0007-a-batch-per-core.md for why and for the measurements.
/// </summary>
/// <param name="BatchSize">The most rows in one run of the encoder.</param>
/// <param name="Batches">Batches that share the machine; 1: a run has it to itself.</param>
/// <param name="Threads">Threads that compute each; null leaves it to ONNX Runtime.</param>
/// <param name="PreparingThreads">
/// Threads that prepare the rows of the next batch. A bound is needed: decoding keeps a core busy, and left to itself the thread pool takes a worker that
/// waits for a file as a reason to add threads, each of which comes with pools and heaps of its own.
/// </param>
internal readonly record struct WorkShare(int BatchSize, int Batches, int? Threads, int PreparingThreads)
{
    /// <summary>Each batch in flight takes memory, and beyond a few the gain is small: more cores than this share a batch.</summary>
    public const int MostBatches = 4;

    /// <summary>The most that anybody may ask for: each has a thread, and memory for its rows.</summary>
    public const int MostBatchesAsked = 256;

    /// <summary>Batches that a call begins by itself; the rest of <see cref="Batches"/> are those of other threads.</summary>
    public int Own { get; init; } = Batches;

    /// <summary>Whether a run has the machine to itself.</summary>
    public bool IsAlone => Batches == 1;

    /// <summary>For encoders that are best left alone.</summary>
    public static WorkShare OneAtATime(int batchSize) => new(batchSize, Batches: 1, Threads: null, Environment.ProcessorCount);

    /// <summary>What was asked for; where that leaves it open, what suits the machine.</summary>
    /// <param name="choices">The caller's choices.</param>
    /// <param name="cores">Physical cores.</param>
    /// <param name="isElsewhere">Whether encoders run on something other than the cores (a GPU, or whatever the caller's own session options say).</param>
    /// <param name="isLimited">Whether these are fewer cores than the machine has, so that ONNX Runtime must be told.</param>
    public static WorkShare Choose(WorkChoices choices, int cores, bool isElsewhere, bool isLimited = false)
    {
        int preparing = choices.PreparingThreads ?? Environment.ProcessorCount;
        if (isElsewhere)
        {
            return new(choices.BatchSize, choices.Batches ?? 1, choices.Threads, preparing);
        }
        int? threads = choices.Threads is 0 ? null : choices.Threads;
        int batches = choices.Batches ?? Math.Clamp(cores / (threads ?? 1), 1, MostBatches);
        bool leaveOpen = batches == 1 && (!isLimited || choices.Threads is 0);
        return new(choices.BatchSize, batches, threads ?? (leaveOpen ? null : Math.Max(1, cores / batches)), preparing);
    }

    /// <summary>The share of a single row, or of a batch that nothing else runs beside.</summary>
    public WorkShare Alone() => this with { Batches = 1, Own = 1 };

    /// <summary>The share of one batch beside which other threads encode others.</summary>
    public WorkShare OneOfSeveral() => this with { Own = 1 };
}

/// <summary>What a caller may ask of a <see cref="WorkShare"/>; null leaves it open.</summary>
internal sealed record WorkChoices(int BatchSize, int? Batches = null, int? Threads = null, int? PreparingThreads = null);
