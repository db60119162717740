namespace Microsoft.ML.Clip;

/// <summary>Rows of like confidence: the highest probability that a row had.</summary>
/// <param name="Count">How many rows.</param>
/// <param name="Confidence">The mean of their confidences.</param>
/// <param name="Accuracy">The share of them that were right.</param>
public readonly record struct ClipCalibrationBin(long Count, double Confidence, double Accuracy);
