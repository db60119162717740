namespace Microsoft.ML.Clip;

/// <summary>That a text says something of an image.</summary>
/// <param name="Image">The image's index.</param>
/// <param name="Text">The text's index.</param>
/// <param name="Weight">How much: 1 for its name or its caption; less for what is shared or vague. Above 0.</param>
public readonly record struct ClipLockedTarget(int Image, int Text, float Weight = 1);
