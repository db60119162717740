namespace Microsoft.ML.Clip;

/// <summary>An image of a data set that could not be read.</summary>
/// <param name="Name">What the set calls it.</param>
/// <param name="Label">Its class.</param>
/// <param name="Message">Why not.</param>
public readonly record struct ClipFailedImage(string Name, int Label, string Message);
