using System.Globalization;

namespace Microsoft.ML.Clip;

/// <summary>The variables by which schedulers number processes.</summary>
internal sealed class SchedulerEnvironment(Func<string, string?> variable)
{
    private const string Own = "CLIP_WORKER", OwnCount = "CLIP_WORKERS";

    // MPI's own first: below mpirun, Slurm's variables are those of the process that started the ranks.
    private static readonly (string Index, string Count)[] Ranks =
        [("OMPI_COMM_WORLD_RANK", "OMPI_COMM_WORLD_SIZE"), ("PMI_RANK", "PMI_SIZE"), ("SLURM_PROCID", "SLURM_NTASKS")];

    public ClipShardWorkerNumber? Find()
    {
        if (Number(Own) is { } own)
        {
            return Checked(own, Number(OwnCount) ?? throw Missing(Own, OwnCount), $"{Own}, {OwnCount}");
        }
        var rank = Rank();
        var array = SlurmArray() ?? GridEngineArray() ?? CloudRun() ?? WithOwnCount("JOB_COMPLETION_INDEX") ?? WithOwnCount("AWS_BATCH_JOB_ARRAY_INDEX");
        return rank is null || array is null ? array ?? rank
            : Checked(((long)array.Worker * rank.Workers) + rank.Worker, (long)array.Workers * rank.Workers, $"{array.Source}, {rank.Source}");
    }

    private ClipShardWorkerNumber? Rank()
    {
        foreach (var (index, count) in Ranks)
        {
            // A batch script has the number of tasks, too, and is but one process: tasks there are within a step.
            bool isSlurm = index.StartsWith("SLURM", StringComparison.Ordinal);
            if (Number(index) is { } rank && (!isSlurm || Number("SLURM_STEP_ID") is not null))
            {
                return Checked(rank, Number(count) ?? throw Missing(index, count), $"{index}, {count}");
            }
        }
        return null;
    }

    private ClipShardWorkerNumber? SlurmArray()
    {
        const string Index = "SLURM_ARRAY_TASK_ID", Count = "SLURM_ARRAY_TASK_COUNT", Least = "SLURM_ARRAY_TASK_MIN", Most = "SLURM_ARRAY_TASK_MAX";
        if (Number(Index) is not { } id)
        {
            return null;
        }
        long count = Number(Count) ?? throw Missing(Index, Count), least = Number(Least) ?? 0, most = Number(Most) ?? least + count - 1;
        return most - least + 1 == count ? Checked(id - least, count, $"{Index}, {Count}")
            : throw new ClipShardException(ClipShardProblem.Worker, FormattableString.Invariant(
                $"The Slurm array has {count} elements from {least} to {most} with gaps between them, and so element {id} does not know which of them it is. Run the shard of that number (--shard ${Index}), or submit an array without gaps: what is done is skipped."));
    }

    private ClipShardWorkerNumber? GridEngineArray()
    {
        const string Index = "SGE_TASK_ID", First = "SGE_TASK_FIRST", Last = "SGE_TASK_LAST", Step = "SGE_TASK_STEPSIZE";
        // Jobs that are no arrays have the word "undefined" there.
        if (variable(Index) is null or "" or "undefined" || Number(Index) is not { } id)
        {
            return null;
        }
        long first = Number(First) ?? 1, step = Math.Max(1, Number(Step) ?? 1), last = Number(Last) ?? Number(OwnCount) ?? throw Missing(Index, Last);
        return Checked((id - first) / step, ((last - first) / step) + 1, $"{Index}, {Last}");
    }

    private ClipShardWorkerNumber? CloudRun()
    {
        const string Index = "CLOUD_RUN_TASK_INDEX", Count = "CLOUD_RUN_TASK_COUNT";
        return Number(Index) is { } index ? Checked(index, Number(Count) ?? throw Missing(Index, Count), $"{Index}, {Count}") : null;
    }

    private ClipShardWorkerNumber? WithOwnCount(string name) =>
        Number(name) is { } index ? Checked(index, Number(OwnCount) ?? throw Missing(name, OwnCount), $"{name}, {OwnCount}") : null;

    private long? Number(string name) => variable(name) is not { Length: > 0 } text ? null
        : int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int number) ? number
        : throw new ClipShardException(ClipShardProblem.Worker, $"{name} is '{text}'; expected a whole number.");

    private static ClipShardException Missing(string name, string count) =>
        new(ClipShardProblem.Worker, $"{name} is set, and {count}, which says how many workers there are, is not. Set it to the number of tasks that were submitted.");

    private static ClipShardWorkerNumber Checked(long worker, long workers, string source) => worker >= 0 && worker < workers && workers <= int.MaxValue
        ? new((int)worker, (int)workers, source)
        : throw new ClipShardException(ClipShardProblem.Worker, FormattableString.Invariant($"{source} say that this is worker {worker} of {workers}; expected 0 to {workers - 1}: workers are counted from 0."));
}
