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
        int next = -1, failed = count;
        Exception? error = null;
        var gate = new Lock();
        var others = new Task[Math.Max(0, Math.Min(count, concurrency) - 1)];
        for (int i = 0; i < others.Length; i++)
        {
            others[i] = Task.Factory.StartNew(Work, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        }
        Work();
        Task.WaitAll(others);
        if (error is not null)
        {
            ExceptionDispatchInfo.Throw(error);
        }

        void Work()
        {
            for (int i = Interlocked.Increment(ref next); i < Volatile.Read(ref failed); i = Interlocked.Increment(ref next))
            {
                try
                {
                    action(i);
                }
                catch (Exception e)
                {
                    lock (gate)
                    {
                        (failed, error) = i < failed ? (i, e) : (failed, error);
                    }
                }
            }
        }
    }
}
