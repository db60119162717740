namespace Microsoft.ML.Clip;

/// <summary>
/// Keeps native resources alive until the last user is done: several pipeline steps share a model, and a call may be running while another thread disposes.
/// </summary>
internal sealed class ReferenceCount(Action release)
{
    // Users in the lower half, holders in the upper one.
    private const long Holder = 1L << 32;

    private long _count = 1;

    /// <summary>Takes a reference; false if the last one is gone already.</summary>
    public bool TryAdd() => TryAdd(1);

    /// <summary>
    /// Keeps the resources alive for work behind the users' backs. It is no use: when the last user is gone, nobody can take a reference any more, though the
    /// resources wait for the holders.
    /// </summary>
    public bool TryHold() => TryAdd(Holder);

    /// <summary>Gives a reference back; whoever is the last one releases the resources.</summary>
    public void Remove() => Remove(1);

    /// <summary>Ends a hold.</summary>
    public void RemoveHold() => Remove(Holder);

    private bool TryAdd(long one)
    {
        for (long count = Volatile.Read(ref _count); (uint)count > 0;)
        {
            long seen = Interlocked.CompareExchange(ref _count, count + one, count);
            if (seen == count)
            {
                return true;
            }
            count = seen;
        }
        return false;
    }

    private void Remove(long one)
    {
        if (Interlocked.Add(ref _count, -one) == 0)
        {
            release();
        }
    }
}
