namespace Microsoft.ML.Clip.Tests;

/// <summary>
/// A worker at a shard: files are written when it begins, and become the shard's when it ends, by the library's own code. In between others are at it, too.
/// </summary>
internal sealed class SimulatedAttempt(ClipShardPlan plan, int shard, int worker, FakeWorker.Step fate)
{
    // Not owned: who is killed closes and deletes nothing.
    private readonly List<ShardResults> _open = [];

    public int Shard => shard;

    public int Worker => worker;

    /// <summary>How far it comes; less than done: killed there.</summary>
    public FakeWorker.Step Fate { get; set; } = fate;

    /// <summary>Whether it was killed after its marker and before anybody heard of that.</summary>
    public bool IsUnheard { get; init; }

    /// <summary>Whether it is gone, or nobody waits for it any more.</summary>
    public bool IsLost { get; set; }

    /// <summary>Of a scheduler that is no more; its shard may be with another worker by now.</summary>
    public bool IsForgotten { get; set; }

    /// <summary>A second of the cluster's clock.</summary>
    public int Begins { get; init; }

    public int Ends { get; init; }

    /// <summary>Whether the shard was done when it began, or when it ended.</summary>
    public bool IsSkipped { get; private set; }

    public void Begin()
    {
        if (MarkerFile.Read(plan, shard) is not null)
        {
            IsSkipped = true;
            return;
        }
        plan.Layout.CreateFolders();
        var results = new ShardResults(plan, shard);
        _open.Add(results);
        var (first, count) = plan.RowsOf(shard);
        float[] row = new float[plan.EmbeddingDimension];
        for (int i = 0; i < (Fate <= FakeWorker.Step.HalfWritten ? (count + 1) / 2 : count); i++)
        {
            row.AsSpan().Fill(first + i + Noise(worker));
            results.Append(row, new($"row {first + i}"));
        }
    }

    public void End()
    {
        if (_open is not [var results] || IsLost)
        {
            return;
        }
        if (Fate == FakeWorker.Step.Done)
        {
            var counts = new ShardCounts(plan.RowsOf(shard).Count, 0, 100, TimeSpan.FromSeconds(Ends - Begins));
            IsSkipped = ShardPublisher.Publish(plan, shard, results, counts, redo: false, CancellationToken.None).IsSkipped;
            results.Dispose();
            return;
        }
        if (Fate >= FakeWorker.Step.Finished)
        {
            results.Finish(CancellationToken.None);
        }
        if (Fate == FakeWorker.Step.Moved)
        {
            results.Move();
        }
    }

    /// <summary>The last bits of another kind of processor: a quarter more or two.</summary>
    public static float Noise(int worker) => worker % 3 * 0.25f;
}
