namespace Microsoft.ML.Clip;

/// <summary>Results of a plan, put together.</summary>
public static class ClipShardMergeExtensions
{
    /// <summary>Puts the results of all shards together, in the order of the rows: in clip-retrieval's layout, whoever computed what, and when.</summary>
    /// <remarks>
    /// <para><c>img_emb/img_emb_0000.npy</c>, with captions <c>text_emb/text_emb_0000.npy</c>, and <c>metadata/metadata_0000.parquet</c>, of the same rows
    /// each.</para>
    /// <para>Every hash is checked on the way. The destination is whole or not there. Where a disk is mounted it is filled when all has been written, folder by
    /// folder, the image embeddings last.</para>
    /// </remarks>
    /// <param name="plan">The plan.</param>
    /// <param name="destination">A directory that is not there yet, or empty.</param>
    /// <param name="options">Choices, or <see langword="null"/> for the defaults.</param>
    /// <param name="cancellationToken">Ends it; nothing is left behind.</param>
    /// <returns>What was written.</returns>
    /// <exception cref="ArgumentOutOfRangeException">An option is out of range.</exception>
    /// <exception cref="ClipShardException">Shards are missing, a result is not what its marker says, or the destination holds something or cannot be
    /// written.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public static ClipShardMergeResult Merge(this ClipShardPlan plan, string destination, ClipShardMergeOptions? options = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(plan);
        ArgumentException.ThrowIfNullOrWhiteSpace(destination);
        options ??= new();
        options.Validate();
        return new ShardMerger(plan, Path.GetFullPath(destination), options).Run(cancellationToken);
    }
}
