namespace Microsoft.ML.Clip;

/// <summary>How the results of a plan are put together.</summary>
public sealed record ClipShardMergeOptions
{
    /// <summary>
    /// About how many rows a file has: as many whole shards as fit, at least one. All files but the last have the same number of rows, as embedding-reader
    /// wants them.
    /// </summary>
    /// <value>Default: 1,000,000, as clip-retrieval's.</value>
    public int RowsPerFile { get; init; } = 1_000_000;

    /// <summary>What the files are.</summary>
    /// <value>Default: <see cref="ClipShardMergeLayout.ClipRetrieval"/>.</value>
    public ClipShardMergeLayout Layout { get; init; } = ClipShardMergeLayout.ClipRetrieval;

    internal void Validate()
    {
        if (!Enum.IsDefined(Layout))
        {
            throw new ArgumentOutOfRangeException(nameof(Layout), $"{nameof(Layout)} is {Layout}; expected {string.Join(" or ", Enum.GetNames<ClipShardMergeLayout>())}.");
        }
        if (RowsPerFile < 1)
        {
            throw new ArgumentOutOfRangeException(nameof(RowsPerFile), FormattableString.Invariant($"{nameof(RowsPerFile)} is {RowsPerFile:N0}; expected at least 1."));
        }
    }
}
