namespace Microsoft.ML.Clip;

/// <summary>Recall at k: in the sense of the papers, the share of queries that have a right one among their first k.</summary>
/// <param name="K">The k.</param>
/// <param name="Hits">How many queries.</param>
/// <param name="Queries">Of how many.</param>
public readonly record struct ClipRecallAt(int K, int Hits, int Queries)
{
    /// <summary>The share, 0 to 1.</summary>
    public double Recall => Hits / (double)Queries;

    /// <summary>Its 99.5% interval; without a query everything from 0 to 1.</summary>
    public ClipInterval Interval => Queries == 0 ? new(0, 1) : ClipInterval.ClopperPearson(Hits, Queries);
}
