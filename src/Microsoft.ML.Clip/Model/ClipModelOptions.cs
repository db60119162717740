using System.Text;
using Microsoft.ML.OnnxRuntime;

namespace Microsoft.ML.Clip;

/// <summary>How <see cref="ClipModel.Load(string, ClipModelOptions?)"/> reads a model and what its encoders run on.</summary>
public sealed record ClipModelOptions
{
    /// <summary>
    /// Which of several exports in the directory to use, by the suffix of the file names: <c>"fp16"</c> for <c>vision_model_fp16.onnx</c>,
    /// likewise <c>"quantized"</c>, <c>"int8"</c>, <c>"uint8"</c>, <c>"q4"</c>, <c>"q4f16"</c>, <c>"bnb4"</c>. A leading underscore may be left out.
    /// </summary>
    /// <value>The default is <see langword="null"/>: the files without a suffix, or, where there are none, the only variant there is.</value>
    public string? Variant { get; init; }

    /// <summary>The GPU to run on, through ONNX Runtime's CUDA provider; needs the package Microsoft.ML.OnnxRuntime.Gpu.</summary>
    /// <value>The default is <see langword="null"/>: the CPU; in a pipeline, what <see cref="MLContext.GpuDeviceId"/> says.</value>
    public int? GpuDeviceId { get; init; }

    /// <summary>Whether to warn and run on the CPU where the GPU cannot be used, instead of throwing.</summary>
    /// <value>The default is <see langword="null"/>: yes; in a pipeline, what <see cref="MLContext.FallbackToCpu"/> says.</value>
    public bool? FallbackToCpu { get; init; }

    /// <summary>The number of threads that compute one batch, or a single row; 0 leaves it to ONNX Runtime, 1,024 are the most.</summary>
    /// <value>
    /// The default is <see langword="null"/>: for a single row one per physical core; for batches the physical cores divided by
    /// <see cref="ConcurrentBatches"/>.
    /// </value>
    public int? IntraOpNumThreads { get; init; }

    /// <summary>
    /// How many batches a pipeline step, or a call that embeds many, encodes at the same time. A core that has a batch to itself waits for no other:
    /// on 2 cores two batches on one thread each are about a tenth faster than one batch on both. 1 to 256; no more run than there are.
    /// </summary>
    /// <value>
    /// The default is <see langword="null"/>: on the CPU one per physical core, but at most 4 (or as many as <see cref="IntraOpNumThreads"/> leaves cores
    /// for); 1 on a GPU and with <see cref="CreateSessionOptions"/>.
    /// </value>
    public int? ConcurrentBatches { get; init; }

    /// <summary>How many threads read, decode and preprocess images, or tokenise texts, ahead of the encoder; 1 to 1,024.</summary>
    /// <value>The default is <see langword="null"/>: one per processor. They sleep when the encoder has enough ahead.</value>
    public int? PreprocessingThreads { get; init; }

    /// <summary>
    /// Whether ONNX Runtime keeps the memory of intermediate results from batch to batch. Without it every run asks the system, which is slower, and gives
    /// everything back.
    /// </summary>
    /// <value>The default is <see langword="true"/>.</value>
    public bool UseMemoryArena { get; init; } = true;

    /// <summary>
    /// Whether the last block of a tower computes only the token that the embedding is made of, the class token or the end token, and attention and products
    /// with a bias are one operation each, where the graph is of a form in which that is the same. Embeddings differ from those of the graph as it stands in
    /// the last bits, as they do between batch sizes. The files are not changed. Only on the CPU, and not with <see cref="CreateSessionOptions"/>.
    /// </summary>
    /// <value>The default is <see langword="true"/>: ViT-B/32 is 5 to 10% faster.</value>
    public bool OptimizeGraph { get; init; } = true;

    /// <summary>
    /// Makes the ONNX Runtime options of each session, for execution providers and settings that have no option here. When set,
    /// <see cref="GpuDeviceId"/>, <see cref="FallbackToCpu"/>, <see cref="IntraOpNumThreads"/> and <see cref="UseMemoryArena"/> are not looked at. Not saved with a pipeline.
    /// The model disposes what it is given.
    /// </summary>
    /// <value>The default is <see langword="null"/>.</value>
    public Func<SessionOptions>? CreateSessionOptions { get; init; }

    /// <summary>
    /// The most images or texts that are encoded together, at least 1; memory grows with it, where there are as many rows. On a CPU 4 to 32 are equally
    /// fast; a GPU may want 64 or more.
    /// </summary>
    /// <value>The default is 16.</value>
    public int BatchSize { get; init; } = 16;

    /// <summary>exp(t), the factor between cosine and logit, where the model does not tell.</summary>
    /// <value>The default is <see langword="null"/>: what the model tells, see <see cref="ClipModel.LogitScale"/>.</value>
    public float? LogitScale { get; init; }

    /// <summary>
    /// What is added to logit scale · cosine, where the model does not tell. A model with a bias makes a sigmoid of each logit by itself, as SigLIP does.
    /// </summary>
    /// <value>The default is <see langword="null"/>: what the model tells, see <see cref="ClipModel.LogitBias"/>.</value>
    public float? LogitBias { get; init; }

    /// <summary>How a pipeline that is saved keeps the model.</summary>
    /// <value>The default is <see cref="ClipModelStorage.Embedded"/>.</value>
    public ClipModelStorage Storage { get; init; } = ClipModelStorage.Embedded;

    /// <summary>How texts become tokens.</summary>
    /// <value>The default follows the files of the model.</value>
    public ClipTokenizerOptions Tokenizer { get; init; } = new();

    /// <summary>How images become pixel values.</summary>
    /// <value>The default follows the files of the model.</value>
    public ClipImagePreprocessorOptions Preprocessing { get; init; } = new();

    internal SessionChoices ToSessionChoices(ClipModelLog log) => new(new WorkChoices(BatchSize, ConcurrentBatches, IntraOpNumThreads, PreprocessingThreads),
        GpuDeviceId, FallbackToCpu, UseMemoryArena, OptimizeGraph, CreateSessionOptions, log.Inform, log.Warn);

    /// <summary>Throws if a setting is out of range.</summary>
    internal void Validate()
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(BatchSize, 1);
        ArgumentOutOfRangeException.ThrowIfNegative(GpuDeviceId.GetValueOrDefault(), nameof(GpuDeviceId));
        Require.Range(IntraOpNumThreads, 0, Threads.Most, nameof(IntraOpNumThreads));
        Require.Range(ConcurrentBatches, 1, WorkShare.MostBatchesAsked, nameof(ConcurrentBatches));
        Require.Range(PreprocessingThreads, 1, Threads.Most, nameof(PreprocessingThreads));
        Require.Defined<ClipModelStorage>(Storage, nameof(Storage));
        ArgumentNullException.ThrowIfNull(Tokenizer);
        ArgumentNullException.ThrowIfNull(Preprocessing);
        Tokenizer.Validate();
        Preprocessing.Validate();
        if (LogitScale is { } scale && !(scale > 0 && float.IsFinite(scale)))
        {
            throw new ArgumentOutOfRangeException(nameof(LogitScale), scale, "The logit scale must be a positive number: exp(t), not t.");
        }
        if (LogitBias is { } bias && !float.IsFinite(bias))
        {
            throw new ArgumentOutOfRangeException(nameof(LogitBias), bias, "The logit bias must be a finite number.");
        }
    }

    private bool PrintMembers(StringBuilder builder) => RecordText.Append(builder, this);
}
