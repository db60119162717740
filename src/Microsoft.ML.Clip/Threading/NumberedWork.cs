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
        if (threads <= 1)
        {
            Run();
        }
        else
        {
            Parallel.For(0, threads, new ParallelOptions { MaxDegreeOfParallelism = threads }, _ => Run());
        }
        return this;
    }
}
