using Microsoft.ML.Runtime;

namespace Microsoft.ML.Clip;

/// <summary>Says which row and which column an error comes from.</summary>
internal static class RowErrors
{
    /// <summary>Wraps what went wrong with one value. Cancellation stays cancellation.</summary>
    public static Exception Wrap(IExceptionContext host, long row, string column, Exception error) =>
        error is OperationCanceledException ? error : host.Except(error, $"Row {row} (counted from 0), column '{column}': {error.Message}");
}
