namespace Microsoft.ML.Clip;

/// <summary>
/// Keeps native resources alive until the last user is done: several pipeline steps share a model, and a call may be running while another thread disposes.
/// </summary>
internal sealed class ReferenceCount(Action release)
{
    private int _count = 1;

    /// <summary>Takes a reference; false if the last one is gone already.</summary>
    public bool TryAdd()
    {
        for (int count = Volatile.Read(ref _count); count > 0;)
        {
            int seen = Interlocked.CompareExchange(ref _count, count + 1, count);
            if (seen == count)
            {
                return true;
            }
            count = seen;
        }
        return false;
    }

    /// <summary>Gives a reference back; the last one releases the resources.</summary>
    public void Remove()
    {
        if (Interlocked.Decrement(ref _count) == 0)
        {
            release();
        }
    }
}
