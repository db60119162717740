using System.Text;

namespace Microsoft.ML.Clip;

/// <summary>One value: a model, a set, a way of use, a metric, and all that is needed to judge and to repeat it. Immutable.</summary>
public sealed record ClipEvaluationRecord
{
    /// <summary>The model's name.</summary>
    public required string Model { get; init; }

    /// <summary>The task's name.</summary>
    public required string Task { get; init; }

    /// <summary>The key of the published set that it is, where the task names one.</summary>
    public string? Benchmark { get; init; }

    /// <summary>How the model was used.</summary>
    public required ClipEvaluationKind Kind { get; init; }

    /// <summary>What the value is: <c>accuracy</c>, <c>mean per class</c>, <c>ROC AUC</c>, <c>image to text R@1</c> ...</summary>
    public required string Metric { get; init; }

    /// <summary>The value, 0 to 1.</summary>
    public required double Value { get; init; }

    /// <summary>
    /// Its 99.5% interval: exact (Clopper-Pearson) for shares of rows, the same with an effective number of rows (Korn and Graubard 1998) for means over
    /// classes, and Newcombe's (2006, method 5) for areas under a curve.
    /// <see langword="null"/> where none can be given.
    /// </summary>
    public ClipInterval? Interval { get; init; }

    /// <summary>The rows of the test set.</summary>
    public required ClipEvaluationRows Rows { get; init; }

    /// <summary>The images that could not be read, the first hundred.</summary>
    public IReadOnlyList<ClipFailedImage> Failed { get; init; } = [];

    /// <summary>How many classes there are; 0 for retrieval.</summary>
    public int Classes { get; init; }

    /// <summary>What guessing gets, 0 to 1; <see langword="null"/> where it has no meaning.</summary>
    public double? Chance { get; init; }

    /// <summary>What always saying the most frequent class gets by accuracy, 0 to 1; <see langword="null"/> where it has no meaning.</summary>
    public double? MajorityRate { get; init; }

    /// <summary>All that was counted, of zero-shot and probes.</summary>
    public ClipClassificationResult? Classification { get; init; }

    /// <summary>
    /// Whether each row was right, as <c>1</c> and <c>0</c> in the order of the set, for <see cref="ClipMcNemar"/>; <see langword="null"/> where rows have
    /// no one class.
    /// </summary>
    public string? Hits { get; init; }

    /// <summary>The curve, of few-shot probes.</summary>
    public ClipFewShotCurve? FewShot { get; init; }

    /// <summary>Recall both ways, of retrieval.</summary>
    public ClipRetrievalResult? Retrieval { get; init; }

    /// <summary>The prompts in short: <c>18 templates</c>, <c>A photo of a {}.</c>, <c>bare names</c>.</summary>
    public string? Prompts { get; init; }

    /// <summary>A SHA-256 over the templates.</summary>
    public string? TemplatesHash { get; init; }

    /// <summary>A SHA-256 over the names.</summary>
    public string? NamesHash { get; init; }

    /// <summary>Three examples of a name with a file of its class, for somebody to look whether they fit.</summary>
    public IReadOnlyList<string> Examples { get; init; } = [];

    /// <summary>What is not as published, where the task names a published set; see <see cref="ClipBenchmark.Check(ClipDataSetSummary)"/>. Other remarks stand here too.</summary>
    public IReadOnlyList<string> Remarks { get; init; } = [];

    /// <summary>The model's <see cref="ClipModel.ComputeContentHash"/>.</summary>
    public required string ModelHash { get; init; }

    /// <summary>The test set's <see cref="ClipDataSet.ComputeContentHash"/>.</summary>
    public required string SetHash { get; init; }

    /// <summary>Which features were used.</summary>
    public ClipFeatures Features { get; init; }

    /// <summary>The strength of the probe's regularisation.</summary>
    public double? L2Regularization { get; init; }

    /// <summary>How many rows the probe was trained on, those for validation included.</summary>
    public int? TrainingRows { get; init; }

    /// <summary>The seeds that chance started from.</summary>
    public IReadOnlyList<int> Seeds { get; init; } = [];

    /// <summary>How long it took, without what came from a cache.</summary>
    public required double Seconds { get; init; }

    /// <summary>The version of this library.</summary>
    public required string Version { get; init; }

    private bool PrintMembers(StringBuilder builder) => RecordText.Append(builder, this);
}
