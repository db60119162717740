using System.Runtime.ExceptionServices;

namespace Microsoft.ML.Clip;

/// <summary>Works through numbered batches on a few threads.</summary>
internal static class ConcurrentBatches
{
    /// <summary>
    /// Runs an action for batches 0, 1, ..., begun in this order, on at most <paramref name="concurrency"/> threads, the caller's among them. If
    /// actions throw, no further batch is begun, and what the first batch of them threw is thrown.
    /// </summary>
    public static void For(int count, int concurrency, Action<int> action)
    {
        var work = new NumberedWork(0, count, action);
        // Threads of their own: a run of the encoder takes too long for the pool's.
        var others = new Task[Math.Max(0, Math.Min(count, concurrency) - 1)];
        for (int i = 0; i < others.Length; i++)
        {
            others[i] = Task.Factory.StartNew(work.Run, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        }
        work.Run();
        Task.WaitAll(others);
        if (work.Error is { } error)
        {
            ExceptionDispatchInfo.Throw(error);
        }
    }
}
