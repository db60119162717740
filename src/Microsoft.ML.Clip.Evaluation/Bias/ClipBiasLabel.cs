namespace Microsoft.ML.Clip;

/// <summary>A label of a bias probe.</summary>
/// <param name="Name">The label, as it is put into prompts: "White woman", "thief", "gorilla", "child".</param>
/// <param name="Category">What it counts as: "person", "crime-related", "non-human".</param>
public readonly record struct ClipBiasLabel(string Name, string Category);
