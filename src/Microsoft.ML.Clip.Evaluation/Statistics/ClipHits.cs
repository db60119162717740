namespace Microsoft.ML.Clip;

/// <summary>How many of some rows were right.</summary>
/// <param name="Hits">How many.</param>
/// <param name="Count">Of how many.</param>
public readonly record struct ClipHits(long Hits, long Count)
{
    /// <summary>The share, 0 to 1; <see langword="null"/> of no row.</summary>
    public double? Accuracy => Count == 0 ? null : Hits / (double)Count;

    /// <summary>Its 99.5% interval; <see langword="null"/> of no row.</summary>
    public ClipInterval? Interval => Count == 0 ? null : ClipInterval.ClopperPearson(Hits, Count);
}
