namespace Microsoft.ML.Clip;

/// <summary>How often people were right.</summary>
/// <param name="Accuracy">The mean over people of the share of their answers that are right; NaN without answers.</param>
/// <param name="MeanPerClass">The mean over people of the mean over classes of that share; NaN without answers.</param>
public readonly record struct ClipHumanRate(double Accuracy, double MeanPerClass);
