using System.Runtime.ExceptionServices;

namespace Microsoft.ML.Clip;

/// <summary>
/// Hands out the numbers of pieces of work one by one, in order, to as many threads as call <see cref="Run"/>. (<see cref="Parallel"/> hands out
/// ever longer ranges, and for a few pieces that take milliseconds each the threads then wait for the one with the last range.) After a failure no
/// further piece is begun; as every piece before it has been, the first failure is the same however many threads there are.
/// </summary>
/// <remarks>
/// The caller of <see cref="RunOn"/> does the work; threads of the pool help if they come to it, and only those that have begun are waited for. (What
/// <see cref="Parallel"/> starts from a thread that is not the pool's stands behind everything that waits for the pool, and it returns only when that has
/// run: in a server whose requests wait for our threads, that is after all of them.)
/// </remarks>
internal sealed class NumberedWork(int start, int end, Action<int> work) : IThreadPoolWorkItem
{
    // In _helpers: nobody may begin any more.
    private const int Closed = int.MinValue;

    // As long as the pool is busy, requests for help stay in its queue. More of them would help nobody.
    private static readonly int MostRequests = Math.Max(64, 4 * Environment.ProcessorCount);
    private static int _requests;

    private readonly object _gate = new();
    private readonly int _count = end - start;
    private Action<int> _work = work;
    private int _next = start - 1;
    private int _failed = end;
    private int _helpers;
    private ExecutionContext? _context;

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
                _work(i);
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

    /// <summary>Works on the caller's thread and, for what is more than one piece, on those of the pool that have time.</summary>
    /// <param name="threads">The most threads to work on, the caller's among them.</param>
    public NumberedWork RunOn(int threads)
    {
        int helpers = Math.Min(threads, _count) - 1;
        if (helpers <= 0)
        {
            Run();
            return this;
        }
        // As with Parallel, the caller's culture and whatever else flows.
        _context = ExecutionContext.Capture();
        AskForHelp(helpers);
        Run();
        WaitForHelpers();
        return this;
    }

    void IThreadPoolWorkItem.Execute()
    {
        Interlocked.Decrement(ref _requests);
        if (!TryBegin())
        {
            return;
        }
        try
        {
            if (_context is null)
            {
                Run();
            }
            else
            {
                ExecutionContext.Run(_context, static work => ((NumberedWork)work!).Run(), this);
            }
        }
        finally
        {
            End();
        }
    }

    private void AskForHelp(int helpers)
    {
        for (int i = 0; i < helpers; i++)
        {
            if (Interlocked.Increment(ref _requests) > MostRequests)
            {
                Interlocked.Decrement(ref _requests);
                return;
            }
            ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: true);
        }
    }

    private bool TryBegin()
    {
        for (int helpers = Volatile.Read(ref _helpers); helpers >= 0;)
        {
            int seen = Interlocked.CompareExchange(ref _helpers, helpers + 1, helpers);
            if (seen == helpers)
            {
                return true;
            }
            helpers = seen;
        }
        return false;
    }

    private void End()
    {
        if (Interlocked.Decrement(ref _helpers) == Closed)
        {
            lock (_gate)
            {
                Monitor.Pulse(_gate);
            }
        }
    }

    private void WaitForHelpers()
    {
        if (Interlocked.Or(ref _helpers, Closed) != 0)
        {
            // A piece may be short.
            var spin = default(SpinWait);
            while (Volatile.Read(ref _helpers) != Closed && !spin.NextSpinWillYield)
            {
                spin.SpinOnce();
            }
            lock (_gate)
            {
                while (Volatile.Read(ref _helpers) != Closed)
                {
                    Monitor.Wait(_gate);
                }
            }
        }
        // A request that is still in the pool's queue holds this, but not what was worked on.
        (_work, _context) = (static _ => { }, null);
    }
}

/// <summary>Works through the rows of a batch.</summary>
internal static class ParallelRows
{
    /// <summary>Runs an action for rows 0, 1, ... on some threads, and throws what the first row that failed threw.</summary>
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
    /// <summary>How many batches of a size so many rows are.</summary>
    public static int Count(int rows, int batchSize) => (int)(((long)rows + batchSize - 1) / batchSize);

    /// <summary>
    /// Runs an action for batches 0, 1, ..., begun in this order, on at most <paramref name="concurrency"/> threads, the caller's among them. If
    /// actions throw, no further batch is begun, and what the first batch of them threw is thrown.
    /// </summary>
    public static void For(int count, int concurrency, Action<int> action)
    {
        var work = new NumberedWork(0, count, action);
        // Threads of their own: a run of the encoder takes too long for the pool's, and these begin whatever the pool does.
        var others = new List<Task>();
        for (int i = 1; i < Math.Min(count, concurrency); i++)
        {
            try
            {
                others.Add(Task.Factory.StartNew(work.Run, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default));
            }
            catch (Exception e) when (e is TaskSchedulerException or OutOfMemoryException)
            {
                // The system gives no more threads. Those that have begun must not be left behind, as they write into the caller's memory.
                break;
            }
        }
        work.Run();
        Task.WaitAll(others);
        if (work.Error is { } error)
        {
            ExceptionDispatchInfo.Throw(error);
        }
    }
}
