namespace Microsoft.ML.Clip;

/// <summary>What somebody reaches with so many examples.</summary>
/// <param name="Shots">How many examples of each class; 0 for none.</param>
/// <param name="Score">The score, 0 to 1: in the paper the mean per class.</param>
public readonly record struct ClipShotScore(int Shots, double Score);
