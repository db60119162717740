namespace Microsoft.ML.Clip;

/// <summary>Two observers, and how far they agree.</summary>
/// <param name="First">One.</param>
/// <param name="Second">The other.</param>
/// <param name="Agreement">How far they agree on the images that both saw.</param>
public readonly record struct ClipAgreementPair(string First, string Second, ClipAgreement Agreement);
