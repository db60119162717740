namespace Microsoft.ML.Clip.Benchmarks;

/// <summary>Does a task once. What it needs for that was made before.</summary>
/// <returns>How many items it did, and a vector by which contestants can be compared, if there is one.</returns>
internal delegate (int Items, float[]? Sample) Contestant();
