using System.Text;

namespace Microsoft.ML.Clip;

/// <summary>What <see cref="ClipEvaluation"/> measures, and where it keeps what it has made.</summary>
public sealed record ClipEvaluationOptions
{
    /// <summary>Whether to measure zero-shot transfer.</summary>
    /// <value>Default: <see langword="true"/>.</value>
    public bool ZeroShot { get; init; } = true;

    /// <summary>Whether to measure the set's bare names and the single prompt "A photo of a {}." beside the templates.</summary>
    /// <value>Default: <see langword="true"/>.</value>
    public bool ComparesPrompts { get; init; } = true;

    /// <summary>Whether to train a linear probe where there are images to train on.</summary>
    /// <value>Default: <see langword="true"/>.</value>
    public bool LinearProbe { get; init; } = true;

    /// <summary>The probe's settings.</summary>
    /// <value>Default: those of <see cref="ClipLinearProbeTrainer"/>, the paper's.</value>
    public ClipLinearProbeTrainer.Options Probe { get; init; } = new();

    /// <summary>Which features probes take; the encoder's own fall back to the joint embedding where a model has no others, which the record says.</summary>
    /// <value>Default: <see cref="ClipFeatures.Encoder"/>, as in the paper.</value>
    public ClipFeatures ProbeFeatures { get; init; } = ClipFeatures.Encoder;

    /// <summary>How to measure few-shot curves.</summary>
    /// <value>Default: <see langword="null"/>, none.</value>
    public ClipFewShotOptions? FewShot { get; init; }

    /// <summary>Where embeddings are kept.</summary>
    /// <value>Default: <see langword="null"/>, nowhere.</value>
    public ClipEmbeddingCache? Cache { get; init; }

    /// <summary>
    /// A folder for results: what a run that was stopped has finished, set by set, is read again. A result is taken for the same model, set, names, templates,
    /// settings and version only.
    /// </summary>
    /// <value>Default: <see langword="null"/>, none.</value>
    public string? ResultsDirectory { get; init; }

    /// <summary>Whether a set that fails ends the run. Otherwise it is listed with its reason, and the others go on.</summary>
    /// <value>Default: <see langword="false"/>.</value>
    public bool StopsOnError { get; init; }

    /// <summary>Told how far it is, at most some times a second.</summary>
    /// <value>Default: <see langword="null"/>.</value>
    public IProgress<ClipEvaluationProgress>? Progress { get; init; }

    private bool PrintMembers(StringBuilder builder) => RecordText.Append(builder, this);
}
