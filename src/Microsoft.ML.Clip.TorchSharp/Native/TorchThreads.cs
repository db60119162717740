using System.Runtime.ExceptionServices;
using static TorchSharp.torch;

namespace Microsoft.ML.Clip;

/// <summary>
/// Threads of ours to compute on. Where there is more than one, libtorch's own are off until this is disposed: on the thread that made it, for the process, and
/// on each thread that works here, while it does.
/// </summary>
/// <remarks>
/// libtorch keeps one number for the process, from which each thread takes a copy when it first computes. So what a thread had before cannot always be told
/// from what it got from us, and what all get back is the number that was there before the first of us. Dispose it on the thread that made it.
/// </remarks>
internal sealed class TorchThreads : IDisposable
{
    private static readonly Lock Gate = new();
    private static int _users;
    private static int _numberBeforeTheFirst;

    private readonly int _owner = Environment.CurrentManagedThreadId;
    private readonly int _before;

    /// <param name="count">How many there are, the caller's among them; with 1 nothing is changed.</param>
    public TorchThreads(int count)
    {
        Count = count;
        if (count == 1)
        {
            return;
        }
        lock (Gate)
        {
            if (_users++ == 0)
            {
                _numberBeforeTheFirst = get_num_threads();
            }
            _before = _numberBeforeTheFirst;
        }
        set_num_threads(1);
    }

    public int Count { get; }

    /// <summary>Runs an action for 0, 1, ..., and throws what the first that failed threw.</summary>
    public void For(int count, Action<int> action)
    {
        var work = new NumberedWork(0, count, action);
        int threads = Math.Min(count, Count);
        ParallelRows.For(threads, threads, _ => RunOnOneThread(work.Run));
        if (work.Error is { } error)
        {
            ExceptionDispatchInfo.Throw(error);
        }
    }

    public void Dispose()
    {
        if (Count == 1)
        {
            return;
        }
        set_num_threads(_before);
        lock (Gate)
        {
            _users--;
        }
    }

    private void RunOnOneThread(Action run)
    {
        // The owner's are off already; and if there is but one thread, libtorch's are on.
        if (Count == 1 || Environment.CurrentManagedThreadId == _owner)
        {
            run();
            return;
        }
        set_num_threads(1);
        try
        {
            run();
        }
        finally
        {
            set_num_threads(_before);
        }
    }
}
