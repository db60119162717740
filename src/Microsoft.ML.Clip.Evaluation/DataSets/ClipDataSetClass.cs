namespace Microsoft.ML.Clip;

/// <summary>What a data set has of a class.</summary>
/// <param name="Name">The name of the class.</param>
/// <param name="Count">How many rows.</param>
/// <param name="Example">The name of the first row; <see langword="null"/> where there is none. Looked at together they show names in a wrong order.</param>
public readonly record struct ClipDataSetClass(string Name, long Count, string? Example);
