namespace Microsoft.ML.Clip;

/// <summary>What happened in a <c>Fit</c> of <see cref="ClipLinearProbeTrainer"/>. Immutable.</summary>
public sealed record ClipLinearProbeReport
{
    /// <summary>The trials of the sweep in the order they were made; empty if the regularisation was given.</summary>
    public required IReadOnlyList<ClipLinearProbeTrial> Trials { get; init; }

    /// <summary>The fit that made the model: on all rows, with the regularisation given or found.</summary>
    public required ClipLinearProbeTrial Final { get; init; }

    /// <summary>The rows that the trials learned from; without a sweep, all rows.</summary>
    public required int TrainingRows { get; init; }

    /// <summary>The rows that the sweep chose by; 0 without a sweep.</summary>
    public required int ValidationRows { get; init; }

    /// <summary>The classes (from 0, in the order of the keys) of which there was no row. The model gives them probability 0.</summary>
    public required IReadOnlyList<int> ClassesWithoutRows { get; init; }

    /// <summary>The rows left out because their label was missing.</summary>
    public required int RowsSkipped { get; init; }

    /// <summary>The regularisation of the model, scikit-learn's 1/C.</summary>
    public double L2Regularization => Final.L2Regularization;
}
