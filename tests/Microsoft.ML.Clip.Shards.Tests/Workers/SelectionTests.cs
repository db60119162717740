namespace Microsoft.ML.Clip.Tests;

public sealed class SelectionTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(12)]
    [InlineData(40)]
    public void OfWorker_GivesEveryShardToOneWorker(int workers)
    {
        using var work = new ShardWork(pictures: 24);
        var plan = work.PlanWithoutModel(rowsPerShard: 2);

        var all = Enumerable.Range(0, workers).Select(k => ClipShardSelection.OfWorker(plan, k, workers)).ToArray();

        Assert.Equal(Enumerable.Range(0, 12), all.SelectMany(s => s).Order());
        Assert.All(all, s => Assert.InRange(s.Count, 12 / workers, (12 / workers) + 1));
    }

    [Theory]
    [InlineData(5, 4)]
    [InlineData(4, 4)]
    [InlineData(-1, 4)]
    [InlineData(0, 0)]
    public void OfWorker_OfNoWorker_Throws(int worker, int workers)
    {
        using var work = new ShardWork(pictures: 1);
        var plan = work.PlanWithoutModel();

        Assert.Throws<ArgumentOutOfRangeException>(() => ClipShardSelection.OfWorker(plan, worker, workers));
    }

    [Theory]
    [InlineData("", null)]
    [InlineData("CLIP_WORKER=2 CLIP_WORKERS=3 SLURM_ARRAY_TASK_ID=9 SLURM_ARRAY_TASK_COUNT=10", "2/3")]
    [InlineData("SLURM_ARRAY_TASK_ID=4 SLURM_ARRAY_TASK_COUNT=10 SLURM_ARRAY_TASK_MIN=0 SLURM_ARRAY_TASK_MAX=9", "4/10")]
    [InlineData("SLURM_ARRAY_TASK_ID=4 SLURM_ARRAY_TASK_COUNT=10 SLURM_ARRAY_TASK_MIN=1 SLURM_ARRAY_TASK_MAX=10", "3/10")]
    [InlineData("SLURM_ARRAY_TASK_ID=7 SLURM_ARRAY_TASK_COUNT=1 SLURM_ARRAY_TASK_MIN=7 SLURM_ARRAY_TASK_MAX=7", "0/1")]
    [InlineData("SLURM_PROCID=0 SLURM_NTASKS=4", null)]
    [InlineData("SLURM_PROCID=3 SLURM_NTASKS=4 SLURM_STEP_ID=0", "3/4")]
    [InlineData("SLURM_PROCID=0 SLURM_NTASKS=1 SLURM_STEP_ID=0 OMPI_COMM_WORLD_RANK=5 OMPI_COMM_WORLD_SIZE=8", "5/8")]
    [InlineData("SLURM_ARRAY_TASK_ID=2 SLURM_ARRAY_TASK_COUNT=3 SLURM_ARRAY_TASK_MIN=0 SLURM_ARRAY_TASK_MAX=2 SLURM_PROCID=1 SLURM_NTASKS=4 SLURM_STEP_ID=0", "9/12")]
    [InlineData("PMI_RANK=1 PMI_SIZE=2", "1/2")]
    [InlineData("JOB_COMPLETION_INDEX=3 CLIP_WORKERS=5", "3/5")]
    [InlineData("SGE_TASK_ID=undefined", null)]
    [InlineData("SGE_TASK_ID=1 SGE_TASK_FIRST=1 SGE_TASK_LAST=6 SGE_TASK_STEPSIZE=1", "0/6")]
    [InlineData("SGE_TASK_ID=5 SGE_TASK_FIRST=1 SGE_TASK_LAST=6 SGE_TASK_STEPSIZE=2", "2/3")]
    [InlineData("AWS_BATCH_JOB_ARRAY_INDEX=3 CLIP_WORKERS=4", "3/4")]
    [InlineData("CLOUD_RUN_TASK_INDEX=1 CLOUD_RUN_TASK_COUNT=2", "1/2")]
    public void WorkerFromEnvironment_KnowsSchedulers(string variables, string? expected)
    {
        var found = ClipShardSelection.WorkerFromEnvironment(Of(variables));

        Assert.Equal(expected, found is null ? null : $"{found.Worker}/{found.Workers}");
    }

    [Theory]
    [InlineData("CLIP_WORKER=5 CLIP_WORKERS=4", "worker 5 of 4")]
    [InlineData("CLIP_WORKER=5", "CLIP_WORKERS")]
    [InlineData("CLIP_WORKER=five CLIP_WORKERS=4", "'five'")]
    [InlineData("CLIP_WORKER=-1 CLIP_WORKERS=4", "'-1'")]
    [InlineData("JOB_COMPLETION_INDEX=3", "CLIP_WORKERS")]
    [InlineData("AWS_BATCH_JOB_ARRAY_INDEX=3", "CLIP_WORKERS")]
    [InlineData("OMPI_COMM_WORLD_RANK=1", "OMPI_COMM_WORLD_SIZE")]
    [InlineData("CLOUD_RUN_TASK_INDEX=2 CLOUD_RUN_TASK_COUNT=2", "worker 2 of 2")]
    [InlineData("SLURM_ARRAY_TASK_ID=7 SLURM_ARRAY_TASK_COUNT=4 SLURM_ARRAY_TASK_MIN=3 SLURM_ARRAY_TASK_MAX=9", "gaps")]
    [InlineData("SLURM_ARRAY_TASK_ID=9 SLURM_ARRAY_TASK_COUNT=3 SLURM_ARRAY_TASK_MIN=1 SLURM_ARRAY_TASK_MAX=9 SLURM_ARRAY_TASK_STEP=4", "gaps")]
    [InlineData("SGE_TASK_ID=7 SGE_TASK_FIRST=1 SGE_TASK_LAST=6", "worker 6 of 6")]
    public void WorkerFromEnvironment_ThatMakesNoSense_Throws(string variables, string message)
    {
        var error = Assert.Throws<ClipShardException>(() => ClipShardSelection.WorkerFromEnvironment(Of(variables)));

        Assert.Equal((ClipShardProblem.Worker, false), (error.Problem, error.IsTransient));
        Assert.Contains(message, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void FromEnvironment_GivesTheWorkersShards()
    {
        using var work = new ShardWork(pictures: 10);
        var plan = work.PlanWithoutModel(rowsPerShard: 2);

        Assert.Equal([1, 3], ClipShardSelection.FromEnvironment(plan, Of("CLIP_WORKER=1 CLIP_WORKERS=2")));
        Assert.Null(ClipShardSelection.FromEnvironment(plan, Of("")));
    }

    private static Func<string, string?> Of(string variables)
    {
        var pairs = variables.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(v => v.Split('=')).ToDictionary(v => v[0], v => v[1]);
        return name => pairs.GetValueOrDefault(name);
    }
}
