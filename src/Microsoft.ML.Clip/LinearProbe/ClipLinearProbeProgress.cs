namespace Microsoft.ML.Clip;

/// <summary>Where the training of a <see cref="ClipLinearProbeTrainer"/> stands. Reported after each iteration, from the thread that called <c>Fit</c>.</summary>
public readonly record struct ClipLinearProbeProgress
{
    /// <summary>Which fit this is, from 0; the final one follows the sweep's trials.</summary>
    public required int Trial { get; init; }

    /// <summary>Whether this is the final fit.</summary>
    public required bool IsFinal { get; init; }

    /// <summary>The strength of the regularisation tried, scikit-learn's 1/C.</summary>
    public required double L2Regularization { get; init; }

    /// <summary>The steps taken; 0 at the start.</summary>
    public required int Iteration { get; init; }

    /// <summary>C * sum of w_i nll_i + 0.5 * |W|^2 so far.</summary>
    public required double Objective { get; init; }

    /// <summary>The estimated distance to the minimum, as a share of the objective.</summary>
    public required double RelativeGap { get; init; }

    /// <summary>The trial, once it is done; null before.</summary>
    public ClipLinearProbeTrial? Completed { get; init; }
}
