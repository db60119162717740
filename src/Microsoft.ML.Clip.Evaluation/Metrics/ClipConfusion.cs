namespace Microsoft.ML.Clip;

/// <summary>A mistake, and how often it was made.</summary>
/// <param name="Label">The class that rows belong to, by its place.</param>
/// <param name="Predicted">The class that they were given to.</param>
/// <param name="Count">How many rows.</param>
public readonly record struct ClipConfusion(int Label, int Predicted, long Count);
