namespace Microsoft.ML.Clip;

/// <summary>A class that a model took an image for.</summary>
/// <param name="Name">The name of the class.</param>
/// <param name="Probability">How probable it is, 0 to 1.</param>
public sealed record ClipPlotGuess(string Name, double Probability);
