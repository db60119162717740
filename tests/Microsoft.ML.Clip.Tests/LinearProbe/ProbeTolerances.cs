namespace Microsoft.ML.Clip.Tests;

/// <summary>How far the linear probe may lie from the reference's; docs/numerics.md explains each.</summary>
internal static class ProbeTolerances
{
    /// <summary>The objective, relative to the optimum.</summary>
    public const double Objective = 1e-4;

    /// <summary>The share of predictions that have to be the reference's.</summary>
    public const double EqualPredictions = 0.995;

    /// <summary>The gradient in float32 sums against the formula in float64, relative to the sum of the terms' magnitudes.</summary>
    public const double Gradient = 2e-6;

    /// <summary>Matrix products in float32 sums, relative to the sum of the terms' magnitudes.</summary>
    public const double Product = 1e-6;

    /// <summary>The gradient in float64 against central differences, relative to its largest component: the differences' own error.</summary>
    public const double FiniteDifference = 1e-6;

    /// <summary>Weights of two fits that have the same optimum, relative to their norm: both stop near it, not on it.</summary>
    public const double SameOptimum = 5e-3;
}
