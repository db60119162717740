namespace Microsoft.ML.Clip;

/// <summary>What one person, or one model, said to one image.</summary>
/// <param name="Observer">Who: any name that is the same for all answers of one person.</param>
/// <param name="Image">Which image: any name that is the same for all who saw it.</param>
/// <param name="Label">The class that it belongs to, from 0.</param>
/// <param name="Answer">The class that was said; <see langword="null"/> for "I don't know", and for no answer in time.</param>
public readonly record struct ClipHumanAnswer(string Observer, string Image, int Label, int? Answer);
