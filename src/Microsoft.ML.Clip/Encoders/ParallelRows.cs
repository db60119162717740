using System.Runtime.ExceptionServices;

namespace Microsoft.ML.Clip;

/// <summary>Runs one action for each row of a batch on all cores.</summary>
internal static class ParallelRows
{
    /// <summary>
    /// One worker per core and no more: decoding keeps a core busy, and left to itself the thread pool takes a worker that waits for a file as a reason
    /// to add threads, each of which comes with pools and heaps of its own.
    /// </summary>
    public static ParallelOptions OnePerCore { get; } = new() { MaxDegreeOfParallelism = Environment.ProcessorCount };

    /// <summary>As <see cref="Parallel.For(int, int, Action{int})"/>, but throws what an action threw, not a collection of it.</summary>
    public static void For(int count, Action<int> action)
    {
        if (count == 1)
        {
            action(0);
            return;
        }
        try
        {
            Parallel.For(0, count, OnePerCore, action);
        }
        catch (AggregateException e)
        {
            ExceptionDispatchInfo.Throw(e.InnerExceptions[0]);
        }
    }
}
