namespace Microsoft.ML.Clip;

/// <summary>How often people were right with a class.</summary>
/// <param name="Label">The class.</param>
/// <param name="Images">How many images it has.</param>
/// <param name="Accuracy">The mean over them of the share of answers that are right.</param>
public readonly record struct ClipClassVotes(int Label, int Images, double Accuracy);
