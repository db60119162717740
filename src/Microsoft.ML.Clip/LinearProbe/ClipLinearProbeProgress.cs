namespace Microsoft.ML.Clip;

/// <summary>Where the training of a <see cref="ClipLinearProbeTrainer"/> stands. Reported after each iteration, from the thread that called <c>Fit</c>.</summary>
/// <param name="Trial">Which fit this is, from 0; the final one follows the sweep's trials.</param>
/// <param name="IsFinal">Whether this is the final fit.</param>
/// <param name="L2Regularization">The strength tried.</param>
/// <param name="Iteration">The steps taken; 0 at the start.</param>
/// <param name="Objective">C * sum of w_i nll_i + 0.5 * |W|^2 so far.</param>
/// <param name="RelativeGap">The estimated distance to the minimum, as a share of the objective.</param>
/// <param name="Completed">The trial, once it is done; null before.</param>
public readonly record struct ClipLinearProbeProgress(int Trial, bool IsFinal, double L2Regularization, int Iteration, double Objective, double RelativeGap,
    ClipLinearProbeTrial? Completed);
