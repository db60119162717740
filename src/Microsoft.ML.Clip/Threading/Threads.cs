namespace Microsoft.ML.Clip;

/// <summary>Loops on a given number of threads.</summary>
internal static class Threads
{
    /// <summary>
    /// The most that anybody may ask for: several times what machines have. More is a mistake, and takes the system's threads from everybody.
    /// </summary>
    public const int Most = 1024;

    /// <summary>
    /// Runs an action for 0, 1, ..., count - 1: in order on the caller's thread if that is all there is, else on several at the same time, as far as the pool
    /// has threads. Throws what the first that failed threw; none is begun after it.
    /// </summary>
    public static void For(int count, int threads, Action<int> action)
    {
        if (threads <= 1 || count <= 1)
        {
            for (int i = 0; i < count; i++)
            {
                action(i);
            }
        }
        else
        {
            ParallelRows.For(count, threads, action);
        }
    }
}
