using System.Runtime.ExceptionServices;

namespace Microsoft.ML.Clip;

/// <summary>Runs one action for each row of a batch on several threads.</summary>
internal static class ParallelRows
{
    /// <summary>Runs the action for rows 0, 1, ..., and throws what the first row that failed threw.</summary>
    public static void For(int count, int threads, Action<int> action)
    {
        if (new NumberedWork(0, count, action).RunOn(threads).Error is { } error)
        {
            ExceptionDispatchInfo.Throw(error);
        }
    }
}
