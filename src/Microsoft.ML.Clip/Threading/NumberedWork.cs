using System.Runtime.ExceptionServices;

namespace Microsoft.ML.Clip;

/// <summary>
/// Hands out the numbers of pieces of work one by one, in order, to as many threads as call <see cref="Run"/>. (<see cref="Parallel"/> hands out
/// ever longer ranges, and for a few pieces that take milliseconds each the threads then wait for the one with the last range.) After a failure no
/// further piece is begun; as every piece before it has been, the first failure is the same however many threads there are.
/// </summary>
internal sealed class NumberedWork(int start, int end, Action<int> work)
{
    private readonly Lock _gate = new();
    private int _next = start - 1;
    private readonly int _count = end - start;
    private int _failed = end;

    /// <summary>The first piece that failed, or the end.</summary>
    public int Failed => Volatile.Read(ref _failed);

    /// <summary>What the first piece that failed threw; null if none did.</summary>
    public Exception? Error { get; private set; }

    /// <summary>Works until nothing is left to begin.</summary>
    public void Run()
    {
        for (int i = Interlocked.Increment(ref _next); i < Failed; i = Interlocked.Increment(ref _next))
        {
            try
            {
                work(i);
            }
            catch (Exception e)
            {
                lock (_gate)
                {
                    if (i < _failed)
                    {
                        (_failed, Error) = (i, e);
                    }
                }
            }
        }
    }

    /// <summary>Works on the caller's thread and, for what is more than one piece, on those of the pool.</summary>
    public NumberedWork RunOn(int threads)
    {
        threads = Math.Min(threads, _count);
        Threads.For(threads, threads, _ => Run());
        return this;
    }
}

/// <summary>Works through the rows of a batch.</summary>
internal static class ParallelRows
{
    /// <summary>Runs an action for rows 0, 1, ... on some threads of the pool, and throws what the first row that failed threw.</summary>
    public static void For(int count, int threads, Action<int> action)
    {
        if (new NumberedWork(0, count, action).RunOn(threads).Error is { } error)
        {
            ExceptionDispatchInfo.Throw(error);
        }
    }
}

/// <summary>Works through numbered batches.</summary>
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
