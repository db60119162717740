namespace Microsoft.ML.Clip;

/// <summary>How hard a class is.</summary>
/// <param name="Label">The class.</param>
/// <param name="Confidence">The model's mean probability of it on its rows.</param>
/// <param name="HumanAccuracy">The share of people's answers to its images that are right.</param>
public readonly record struct ClipClassDifficulty(int Label, double Confidence, double HumanAccuracy);
