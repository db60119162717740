namespace Microsoft.ML.Clip;

/// <summary>
/// Holds the end of the process until calls into native code have come back. When <c>Main</c> returns or <see cref="Environment.Exit"/> is called, background
/// threads run on, while the C library already takes native libraries down: what a thread then does in ONNX Runtime ends in a segmentation fault.
/// </summary>
/// <remarks>
/// A call that begins while the process ends waits for the end, which comes before its time is up; but not on the thread that ends the process, so handlers
/// of <see cref="AppDomain.ProcessExit"/> may still encode. Nobody waits for ever. Thread-safe.
/// </remarks>
/// <param name="patience">How long the end waits for calls, and calls for the end.</param>
internal sealed class ExitGate(TimeSpan patience)
{
    /// <summary>The process's. A batch takes a second or so; one that takes longer is not worth the wait.</summary>
    public static readonly ExitGate Shared = Create();

    // Calls that this thread is within; a process has one gate.
    [ThreadStatic]
    private static int _depth;

    private readonly object _lock = new();
    private int _running;
    private int _ending;

    /// <summary>
    /// Begins a call; disposing the result, on the same thread, ends it. A call within another one does not wait: the end waits for the outer one.
    /// </summary>
    public Call Begin()
    {
        lock (_lock)
        {
            if (_ending != 0 && _ending != Environment.CurrentManagedThreadId && _depth == 0)
            {
                WaitUntil(static _ => false);
            }
            _running++;
            _depth++;
        }
        return new Call(this);
    }

    /// <summary>Waits for the calls that run; those that would begin later wait. Called on the thread that ends the process.</summary>
    public void End()
    {
        lock (_lock)
        {
            _ending = Environment.CurrentManagedThreadId;
            WaitUntil(static gate => gate._running == 0);
        }
    }

    private static ExitGate Create()
    {
        var gate = new ExitGate(TimeSpan.FromSeconds(5));
        AppDomain.CurrentDomain.ProcessExit += (_, _) => gate.End();
        return gate;
    }

    private void WaitUntil(Func<ExitGate, bool> isSo)
    {
        long start = Environment.TickCount64;
        while (!isSo(this) && patience - TimeSpan.FromMilliseconds(Environment.TickCount64 - start) is { Ticks: > 0 } left)
        {
            Monitor.Wait(_lock, left);
        }
    }

    private void Leave()
    {
        lock (_lock)
        {
            _depth--;
            if (--_running == 0 && _ending != 0)
            {
                Monitor.PulseAll(_lock);
            }
        }
    }

    /// <summary>A call that runs.</summary>
    public readonly struct Call(ExitGate gate) : IDisposable
    {
        public void Dispose() => gate.Leave();
    }
}
