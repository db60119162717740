namespace Microsoft.ML.Clip;

/// <summary>Another text for the images of a class.</summary>
/// <param name="Text">The text.</param>
/// <param name="Weight">How much it says of them, where the class's name says 1. Above 0.</param>
/// <param name="IsSentence">Whether it stands as it is, as a gloss does, instead of being put into a template, as a name is.</param>
public readonly record struct ClipLockedText(string Text, float Weight = 1, bool IsSentence = false);
