namespace Microsoft.ML.Clip;

/// <summary>
/// The memory that all threads of one preprocessor may decode with at a time, counted in bytes. Who wants more than is left waits for those who decode
/// already; they wait for nobody, so waiting always ends. First come, first served: a large image is not overtaken by small ones for ever. Thread-safe.
/// </summary>
/// <param name="limit">How many bytes there are.</param>
internal sealed class DecodingBudget(long limit)
{
    private readonly Lock _lock = new();
    private readonly LinkedList<Waiter> _waiting = [];
    private long _used;

    /// <summary>How many bytes there are.</summary>
    public long Limit { get; } = limit;

    /// <summary>How many bytes are out.</summary>
    public long Used
    {
        get
        {
            lock (_lock)
            {
                return _used;
            }
        }
    }

    /// <summary>How many callers wait.</summary>
    public int Waiting
    {
        get
        {
            lock (_lock)
            {
                return _waiting.Count;
            }
        }
    }

    /// <summary>Takes bytes, once as many are left.</summary>
    /// <returns>Gives the bytes back when disposed.</returns>
    /// <exception cref="ArgumentOutOfRangeException">There will never be as many.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled while waiting.</exception>
    public DecodingLease Take(long bytes, CancellationToken cancellation)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(bytes);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(bytes, Limit);
        cancellation.ThrowIfCancellationRequested();
        FreedMemory.GoesBack(bytes);
        Waiter waiter;
        lock (_lock)
        {
            if (_waiting.Count == 0 && _used + bytes <= Limit)
            {
                _used += bytes;
                return new DecodingLease(this, bytes);
            }
            _waiting.AddLast(waiter = new Waiter(bytes));
        }
        Wait(waiter, cancellation);
        return new DecodingLease(this, bytes);
    }

    /// <summary>Takes more bytes for somebody who holds some already and so must not wait.</summary>
    public bool TryTakeMore(long bytes)
    {
        lock (_lock)
        {
            bool fits = _used + bytes <= Limit;
            _used += fits ? bytes : 0;
            return fits;
        }
    }

    /// <summary>Gives bytes back.</summary>
    public void Return(long bytes)
    {
        lock (_lock)
        {
            _used -= bytes;
            CallNext();
        }
    }

    private void Wait(Waiter waiter, CancellationToken cancellation)
    {
        try
        {
            waiter.Turn.Wait(cancellation);
        }
        catch (OperationCanceledException)
        {
            lock (_lock)
            {
                // It may have been called between the cancellation and now.
                _used -= _waiting.Remove(waiter) ? 0 : waiter.Bytes;
                CallNext();
            }
            throw;
        }
    }

    private void CallNext()
    {
        while (_waiting.First is { } first && _used + first.Value.Bytes <= Limit)
        {
            _used += first.Value.Bytes;
            _waiting.RemoveFirst();
            first.Value.Turn.Set();
        }
    }

    // The event is never disposed: who calls may still be within Set when the caller's wait is over, and without a wait handle there is nothing to free.
    private sealed class Waiter(long bytes)
    {
        public long Bytes { get; } = bytes;

        public ManualResetEventSlim Turn { get; } = new();
    }
}

/// <summary>Bytes of a <see cref="DecodingBudget"/> that are taken until this is disposed. Used by one thread.</summary>
/// <param name="budget">Where they come from.</param>
/// <param name="bytes">Their number.</param>
internal sealed class DecodingLease(DecodingBudget budget, long bytes) : IDisposable
{
    /// <summary>How many are taken.</summary>
    public long Bytes { get; private set; } = bytes;

    /// <summary>What they were taken for, so far as the header told.</summary>
    public ImageHeader? Header { get; set; }

    /// <summary>Takes more, if there is no need to wait.</summary>
    public bool TryTakeMore(long bytes)
    {
        bool taken = budget.TryTakeMore(bytes);
        Bytes += taken ? bytes : 0;
        return taken;
    }

    public void Dispose()
    {
        budget.Return(Bytes);
        Bytes = 0;
    }
}
