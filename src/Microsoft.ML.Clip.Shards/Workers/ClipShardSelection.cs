namespace Microsoft.ML.Clip;

/// <summary>Which shards of a plan are a worker's, where a scheduler starts several workers. Immutable; thread-safe.</summary>
/// <remarks>
/// The shards of a plan do not depend on this: with another number of workers, or after some of them were killed, what is done is skipped, and what is
/// missing is done.
/// </remarks>
public static class ClipShardSelection
{
    /// <summary>Every n-th shard, from the k-th on.</summary>
    /// <param name="plan">The plan.</param>
    /// <param name="worker">Which worker, k, from 0.</param>
    /// <param name="workers">How many there are, n.</param>
    /// <returns>The shards in order; none if there are fewer shards than workers before this one.</returns>
    /// <exception cref="ArgumentOutOfRangeException">There are less than one worker, or the worker is none of them.</exception>
    public static IReadOnlyList<int> OfWorker(ClipShardPlan plan, int worker, int workers)
    {
        ArgumentNullException.ThrowIfNull(plan);
        return Of(plan, new(worker, workers, ""));
    }

    /// <summary>The shards of this process, as its scheduler has numbered it; see <see cref="WorkerFromEnvironment"/>.</summary>
    /// <param name="plan">The plan.</param>
    /// <param name="environment">Gives a variable's value, or <see langword="null"/>; the process's environment if it is left out.</param>
    /// <returns>The shards in order; <see langword="null"/> if no scheduler has numbered it.</returns>
    /// <exception cref="ClipShardException">The variables make no sense: <see cref="ClipShardProblem.Worker"/>.</exception>
    public static IReadOnlyList<int>? FromEnvironment(ClipShardPlan plan, Func<string, string?>? environment = null)
    {
        ArgumentNullException.ThrowIfNull(plan);
        return WorkerFromEnvironment(environment) is { } worker ? Of(plan, worker) : null;
    }

    /// <summary>Which worker this process is, as its scheduler has numbered it.</summary>
    /// <remarks>
    /// <para>Looked for in this order: <c>CLIP_WORKER</c> (from 0) with <c>CLIP_WORKERS</c>; MPI: <c>OMPI_COMM_WORLD_RANK</c> with <c>_SIZE</c>,
    /// <c>PMI_RANK</c> with <c>PMI_SIZE</c>, <c>SLURM_PROCID</c> with <c>SLURM_NTASKS</c> within a step of srun; and in arrays, or by itself: Slurm's
    /// <c>SLURM_ARRAY_TASK_ID</c>, Grid Engine's <c>SGE_TASK_ID</c>, <c>CLOUD_RUN_TASK_INDEX</c> with <c>_COUNT</c>, Kubernetes' <c>JOB_COMPLETION_INDEX</c>
    /// and <c>AWS_BATCH_JOB_ARRAY_INDEX</c>, which need <c>CLIP_WORKERS</c>. An array whose elements are MPI jobs has as many workers as both together.</para>
    /// <para>A Slurm array with gaps (<c>3,7-9</c>) does not tell an element which one it is: there, a shard is to be run by its number,
    /// <c>SLURM_ARRAY_TASK_ID</c> itself.</para>
    /// </remarks>
    /// <param name="environment">Gives a variable's value, or <see langword="null"/>; the process's environment if it is left out.</param>
    /// <returns>Which worker of how many; <see langword="null"/> if no scheduler has numbered it.</returns>
    /// <exception cref="ClipShardException">The variables make no sense: <see cref="ClipShardProblem.Worker"/>.</exception>
    public static ClipShardWorkerNumber? WorkerFromEnvironment(Func<string, string?>? environment = null) =>
        new SchedulerEnvironment(environment ?? Environment.GetEnvironmentVariable).Find();

    private static int[] Of(ClipShardPlan plan, ClipShardWorkerNumber number)
    {
        number.Validate();
        return [.. Shards()];

        IEnumerable<int> Shards()
        {
            for (long shard = number.Worker; shard < plan.ShardCount; shard += number.Workers)
            {
                yield return (int)shard;
            }
        }
    }
}
