namespace Microsoft.ML.Clip;

/// <summary>What is done of a plan.</summary>
public static class ClipShardStatusExtensions
{
    /// <summary>What is done, and what is left to do.</summary>
    /// <param name="plan">The plan.</param>
    /// <param name="verify">Whether the hashes of all results are computed again, which reads them; otherwise their lengths are compared.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <returns>The state of every shard, as it was when it was looked at.</returns>
    /// <exception cref="IOException">The output directory cannot be read.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be read.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public static ClipShardStatus GetStatus(this ClipShardPlan plan, bool verify = false, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(plan);
        return new StatusReader(plan, verify).Read(cancellationToken);
    }
}
