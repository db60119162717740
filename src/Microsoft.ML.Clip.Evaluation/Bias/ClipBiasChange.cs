namespace Microsoft.ML.Clip;

/// <summary>How the share of one group's images in one category changed.</summary>
/// <param name="Before">The share with the fewer labels.</param>
/// <param name="After">The share with all.</param>
/// <param name="Moved">The images that were in the category only before, and only after; with a p value.</param>
public readonly record struct ClipBiasChange(ClipGroupShare Before, ClipGroupShare After, ClipMcNemar Moved)
{
    /// <summary>The change of the share, -1 to 1.</summary>
    public double Difference => After.Share - Before.Share;
}
