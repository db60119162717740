namespace Microsoft.ML.Clip;

/// <summary>How far pairs of observers agree on average.</summary>
/// <param name="Pairs">How many pairs; 0 where there are none of the kind, and then all means are NaN.</param>
/// <param name="SameAnswer">The mean share of images to which both said the same.</param>
/// <param name="Kappa">The mean of Cohen's kappa, over the pairs that have one.</param>
/// <param name="ErrorConsistency">The mean error consistency, over the pairs that have one.</param>
/// <param name="WithoutKappa">How many pairs have no kappa, as both always say the same one thing.</param>
/// <param name="WithoutConsistency">How many pairs have no error consistency, as both are always right, or always wrong.</param>
public readonly record struct ClipAgreementMean(int Pairs, double SameAnswer, double Kappa, double ErrorConsistency, int WithoutKappa, int WithoutConsistency);
