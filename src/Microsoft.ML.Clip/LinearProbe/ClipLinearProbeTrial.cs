namespace Microsoft.ML.Clip;

/// <summary>One fit of a <see cref="ClipLinearProbeTrainer"/>: a trial of the sweep, or the final one.</summary>
/// <param name="L2Regularization">The strength, scikit-learn's 1/C.</param>
/// <param name="ValidationAccuracy">The share of validation rows classified rightly, 0 to 1; null for the final fit after a sweep,
/// which learns from them as well, and where there are none.</param>
/// <param name="ValidationLoss">The mean weighted negative log-likelihood of the validation rows, in nats; null likewise.</param>
/// <param name="Loss">The mean weighted negative log-likelihood of the rows trained on, in nats.</param>
/// <param name="Objective">What was minimised, as scikit-learn has it: C * sum of w_i nll_i + 0.5 * |W|^2.</param>
/// <param name="Iterations">The steps of L-BFGS.</param>
/// <param name="Converged">Whether <see cref="ClipLinearProbeTrainer.Options.OptimizationTolerance"/> was reached; otherwise the iteration limit
/// came first.</param>
/// <param name="Duration">How long it took, validation included.</param>
public sealed record ClipLinearProbeTrial(double L2Regularization, double? ValidationAccuracy, double? ValidationLoss, double Loss, double Objective,
    int Iterations, bool Converged, TimeSpan Duration);
