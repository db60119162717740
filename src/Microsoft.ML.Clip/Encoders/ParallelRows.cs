using System.Runtime.ExceptionServices;

namespace Microsoft.ML.Clip;

/// <summary>Runs one action for each row of a batch on all cores.</summary>
internal static class ParallelRows
{
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
            Parallel.For(0, count, action);
        }
        catch (AggregateException e)
        {
            ExceptionDispatchInfo.Throw(e.InnerExceptions[0]);
        }
    }
}
