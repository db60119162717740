namespace Microsoft.ML.Clip;

/// <summary>How often the most frequent answer was right.</summary>
/// <param name="Accuracy">The share of images; NaN without images.</param>
/// <param name="MeanPerClass">The mean over classes of the share of their images; NaN without images.</param>
/// <param name="Images">How many images had one most frequent answer.</param>
/// <param name="Ties">How many had several, and are left out.</param>
public readonly record struct ClipMajorityRate(double Accuracy, double MeanPerClass, int Images, int Ties);
