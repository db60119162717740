namespace Microsoft.ML.Clip;

/// <summary>One fit of a <see cref="ClipLinearProbeTrainer"/>: a trial of the sweep, or the final one.</summary>
public sealed record ClipLinearProbeTrial
{
    /// <summary>The strength of the regularisation, scikit-learn's 1/C.</summary>
    public required double L2Regularization { get; init; }

    /// <summary>
    /// The share of validation rows classified rightly, 0 to 1; null for the final fit after a sweep, which learns from them as well, and where there are none.
    /// </summary>
    public double? ValidationAccuracy { get; init; }

    /// <summary>The mean weighted negative log-likelihood of the validation rows, in nats; null likewise.</summary>
    public double? ValidationLoss { get; init; }

    /// <summary>The mean weighted negative log-likelihood of the rows trained on, in nats.</summary>
    public required double Loss { get; init; }

    /// <summary>What was minimised, as scikit-learn has it: C * sum of w_i nll_i + 0.5 * |W|^2.</summary>
    public required double Objective { get; init; }

    /// <summary>The steps of L-BFGS and Newton's method; of a cross-validated trial, those of all folds.</summary>
    public required int Iterations { get; init; }

    /// <summary>
    /// Whether <see cref="ClipLinearProbeTrainer.Options.OptimizationTolerance"/> was reached; otherwise the iteration limit
    /// came first, or the digits of the features or of weights in single precision came to their end: a warning tells which.
    /// </summary>
    public required bool Converged { get; init; }

    /// <summary>How long it took, validation included.</summary>
    public required TimeSpan Duration { get; init; }
}
