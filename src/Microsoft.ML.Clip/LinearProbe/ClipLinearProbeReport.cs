namespace Microsoft.ML.Clip;

/// <summary>What happened in a <c>Fit</c> of <see cref="ClipLinearProbeTrainer"/>. Immutable.</summary>
/// <param name="Trials">The trials of the sweep in the order they were made; empty if the regularisation was given.</param>
/// <param name="Final">The fit that made the model: on all rows, with the regularisation given or found.</param>
/// <param name="TrainingRows">The rows that the trials learned from; without a sweep, all rows.</param>
/// <param name="ValidationRows">The rows that the sweep chose by; 0 without a sweep.</param>
/// <param name="ClassesWithoutRows">The classes (from 0, in the order of the keys) of which there was no row. The model gives them probability 0.</param>
/// <param name="RowsSkipped">The rows left out because their label was missing.</param>
public sealed record ClipLinearProbeReport(IReadOnlyList<ClipLinearProbeTrial> Trials, ClipLinearProbeTrial Final, int TrainingRows, int ValidationRows,
    IReadOnlyList<int> ClassesWithoutRows, int RowsSkipped)
{
    /// <summary>The regularisation of the model, scikit-learn's 1/C.</summary>
    public double L2Regularization => Final.L2Regularization;
}
