namespace Microsoft.ML.Clip.Tests;

/// <summary>
/// Goes through the protocol of a worker on a real disk, without a model: the values of a row follow from its number. It can be stopped at each of its steps,
/// as one that is killed there.
/// </summary>
internal sealed class FakeWorker(ClipShardPlan plan)
{
    /// <summary>How far a worker comes.</summary>
    public enum Step
    {
        Begun,
        HalfWritten,
        Finished,
        Moved,
        Done,
    }

    /// <summary>Runs a shard up to a step; what is killed leaves its files where they are.</summary>
    /// <param name="shard">Which one.</param>
    /// <param name="last">The last step.</param>
    /// <param name="noise">Added to the values: another machine's last bits.</param>
    public void Run(int shard, Step last, float noise = 0)
    {
        if (MarkerFile.Read(plan, shard) is not null)
        {
            return;
        }
        plan.Layout.CreateFolders();
        Leftovers.RemoveOwn(plan.Layout, shard);
        var results = new ShardResults(plan, shard);
        var (first, count) = plan.RowsOf(shard);
        float[] row = new float[plan.EmbeddingDimension];
        for (int i = 0; last > Step.Begun && i < (last == Step.HalfWritten ? (count + 1) / 2 : count); i++)
        {
            row.AsSpan().Fill(first + i + noise);
            results.Append(row, new($"row {first + i}", Caption: null, Error: null));
        }
        switch (last)
        {
            case Step.Done:
                ShardPublisher.Publish(plan, shard, results, new(count, 0, 100, TimeSpan.FromSeconds(1)), redo: false, CancellationToken.None);
                results.Dispose();
                break;
            case Step.Finished:
                results.Finish(CancellationToken.None);
                break;
            case Step.Moved:
                results.Finish(CancellationToken.None);
                results.Move();
                break;
        }
    }
}
