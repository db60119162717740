namespace Microsoft.ML.Clip;

/// <summary>Answers before and after further examples.</summary>
/// <param name="Before">How many were right before.</param>
/// <param name="After">How many of the same were right after.</param>
public readonly record struct ClipGainPart(ClipHits Before, ClipHits After)
{
    /// <summary>The change of the share, -1 to 1; <see langword="null"/> without answers.</summary>
    public double? Gain => After.Accuracy - Before.Accuracy;
}
