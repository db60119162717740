using System.Text;

namespace Microsoft.ML.Clip;

/// <summary>What happened in a <c>Fit</c> of <see cref="ClipLinearProbeTrainer"/>. Immutable.</summary>
public sealed record ClipLinearProbeReport
{
    /// <summary>The trials of the sweep in the order they were made; empty if the regularisation was given.</summary>
    public required IReadOnlyList<ClipLinearProbeTrial> Trials { get; init; }

    /// <summary>The fit that made the model: on all rows, with the regularisation given or found.</summary>
    public required ClipLinearProbeTrial Final { get; init; }

    /// <summary>The rows that the trials learned from; without a sweep, and with cross-validation, all rows.</summary>
    public required int TrainingRows { get; init; }

    /// <summary>The rows that the sweep chose by; 0 without a sweep, unless validation rows were passed to be scored.</summary>
    public required int ValidationRows { get; init; }

    /// <summary>
    /// How the sweep chose: 1 by one set of validation rows, more by cross-validation with so many folds, where there are few rows: 5, or as many as
    /// there are rows; 0 without a sweep.
    /// </summary>
    public required int Folds { get; init; }

    /// <summary>The classes (from 0, in the order of the keys) of which there was no row. The model gives them probability 0.</summary>
    public required IReadOnlyList<int> ClassesWithoutRows { get; init; }

    /// <summary>The rows left out because their label was missing, or a feature was no finite number.</summary>
    public required int RowsSkipped { get; init; }

    /// <summary>The regularisation of the model, scikit-learn's 1/C.</summary>
    public double L2Regularization => Final.L2Regularization;

    private bool PrintMembers(StringBuilder builder) => RecordText.Append(builder, this);
}
