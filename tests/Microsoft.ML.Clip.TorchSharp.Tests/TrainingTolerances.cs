namespace Microsoft.ML.Clip.Tests;

/// <summary>How close training comes to its references; docs/numerics.md says why.</summary>
internal static class TrainingTolerances
{
    /// <summary>Loss and gradients against the paper's pseudocode, both float64, relative.</summary>
    public const double Loss = 1e-5;

    /// <summary>Features, loss and gradients of a tower against PyTorch, both float32, relative to the largest value of the tensor.</summary>
    public const double Tower = 2e-5;

    /// <summary>As <see cref="Tower"/>, through batch normalisation over few values, which divides differences of nearly equal numbers.</summary>
    public const double TowerWithBatchNorm = 1e-3;

    /// <summary>
    /// Features after one step of AdamW, relative to the largest. The first step is the sign of the gradient, so an entry whose gradient is nearly zero may go
    /// either way; rates of 0.01 make that visible.
    /// </summary>
    public const double AfterStep = 1e-4;

    /// <summary>Losses of a resumed run against the uninterrupted one.</summary>
    public const double Resume = 1e-4;

    /// <summary>Gradients of a batch in parts against the whole batch, relative to the largest value: other sums in another order.</summary>
    public const double Parts = 1e-4;

    /// <summary>Losses of several ranks against those of one process, relative: other sums in another order.</summary>
    public const double RankLosses = 1e-6;

    /// <summary>Weights after 20 steps on several ranks against those of one process, absolute.</summary>
    public const double RankWeights = 1e-5;
}
