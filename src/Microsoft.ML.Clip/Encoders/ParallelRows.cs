using System.Runtime.ExceptionServices;

namespace Microsoft.ML.Clip;

/// <summary>Runs one action for each row of a batch on several threads.</summary>
internal static class ParallelRows
{
    /// <summary>As <see cref="Parallel.For(int, int, Action{int})"/>, but throws what an action threw, not a collection of it.</summary>
    public static void For(int count, int threads, Action<int> action)
    {
        if (count == 1 || threads == 1)
        {
            for (int i = 0; i < count; i++)
            {
                action(i);
            }
            return;
        }
        try
        {
            Parallel.For(0, count, new ParallelOptions { MaxDegreeOfParallelism = threads }, action);
        }
        catch (AggregateException e)
        {
            ExceptionDispatchInfo.Throw(e.InnerExceptions[0]);
        }
    }
}
