namespace Microsoft.ML.Clip;

/// <summary>Work that is begun before it is needed, on a thread of the pool.</summary>
internal static class Background
{
    /// <summary>
    /// Runs what will be done again, and then without effect, by whoever needs it: so it does not matter if it fails, nor whether the pool has a thread for it
    /// soon. The process does not end within it.
    /// </summary>
    public static void Run(Action work) => ThreadPool.UnsafeQueueUserWorkItem(static work =>
    {
        using var call = ExitGate.Shared.Begin();
        try
        {
            work();
        }
        catch (Exception)
        {
            // Told by the second try, to somebody who can do something about it.
        }
    }, work, preferLocal: false);
}
