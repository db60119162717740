namespace Microsoft.ML.Clip;

/// <summary>
/// A plan, a shard or a merge could not be done. The message says what was expected and what was found; <see cref="Problem"/> and <see cref="IsTransient"/> say
/// it for programs.
/// </summary>
public sealed class ClipShardException : Exception
{
    /// <summary>Creates the exception.</summary>
    /// <param name="problem">What kind of problem it is.</param>
    /// <param name="message">What was expected and what was found.</param>
    /// <param name="innerException">The cause, if another exception was.</param>
    public ClipShardException(ClipShardProblem problem, string message, Exception? innerException = null)
        : base(message, innerException) => Problem = problem;

    /// <summary>What kind of problem it is.</summary>
    public ClipShardProblem Problem { get; }

    /// <summary>The shard, if it is one's; otherwise <see langword="null"/>.</summary>
    public int? Shard { get; internal init; }

    /// <summary>Rows that failed, the first of them.</summary>
    internal IReadOnlyList<ShardFailedRow> Rows { get; init; } = [];

    /// <summary>Whether the same may succeed when it is tried again: exit code 1, and not 42.</summary>
    public bool IsTransient => Problem is ClipShardProblem.Transient or ClipShardProblem.NoSpace or ClipShardProblem.Incomplete;
}
