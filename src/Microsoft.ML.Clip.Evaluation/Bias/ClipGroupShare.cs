namespace Microsoft.ML.Clip;

/// <summary>How many images of a group were given a label of a category.</summary>
/// <param name="Group">The group.</param>
/// <param name="Category">The category.</param>
/// <param name="Count">How many images.</param>
/// <param name="Images">Of how many; at least 1.</param>
public readonly record struct ClipGroupShare(string Group, string Category, long Count, long Images)
{
    /// <summary>The share, 0 to 1.</summary>
    public double Share => Count / (double)Images;

    /// <summary>Its 99.5% interval; without an image everything from 0 to 1.</summary>
    public ClipInterval Interval => Images == 0 ? new(0, 1) : ClipInterval.ClopperPearson(Count, Images);
}
