using Microsoft.ML.Data;
using Microsoft.ML.Runtime;

namespace Microsoft.ML.Clip;

/// <summary>Finds columns, and says what was wanted and what was found where that fails.</summary>
internal static class ColumnChecks
{
    public static DataViewSchema.Column Find(IExceptionContext? host, DataViewSchema schema, string name) =>
        schema.GetColumnOrNull(name) ?? throw Missing(host, name, schema.Select(c => c.Name));

    public static SchemaShape.Column Find(IExceptionContext? host, SchemaShape schema, string name) =>
        schema.TryFindColumn(name, out var column) ? column : throw Missing(host, name, schema.Select(c => c.Name));

    public static Exception WrongType(IExceptionContext? host, string name, string expected, string? found) =>
        host.ExceptParam("inputSchema", $"Column '{name}' has to be {expected}, but is {found}.");

    private static Exception Missing(IExceptionContext? host, string name, IEnumerable<string> columns)
    {
        string[] found = [.. columns.Select(c => $"'{c}'")];
        // ML.NET finds columns by reflection, and what it does not find is not there. Nobody makes a view without a column on purpose.
        return host.ExceptParam("inputSchema", found.Length > 0 ? $"The input has no column '{name}'. Its columns are: {string.Join(", ", found)}."
            : $"The input has no column '{name}': it has no column at all. That is what ML.NET sees where the properties of the rows' class were trimmed away: publish without PublishTrimmed and PublishAot. "
            + "It also is what it sees in a class without public properties.");
    }
}

/// <summary>Says which row and which column an error comes from.</summary>
internal static class RowErrors
{
    /// <summary>Wraps what went wrong with one value. Cancellation stays cancellation.</summary>
    /// <remarks>The innermost exception is of our family and says all of it: whoever wraps this again hides nothing from <c>GetBaseException</c>.</remarks>
    public static Exception Wrap(IExceptionContext host, long row, string column, Exception error)
    {
        if (error is OperationCanceledException)
        {
            return error;
        }
        string? path = (error as ClipException)?.Path;
        string message = Message(row, column, Problem(error));
        ClipException located = error switch
        {
            ClipImageException => new ClipImageException(message),
            ClipEncodingException => new ClipEncodingException(0, message),
            _ => new ClipRowException(message),
        };
        (located.Row, located.Column, located.Path, located.Cause) = (row, column, path, error);
        return host.Except(located, message);
    }

    /// <summary>What went wrong, with the path if there is one, but without row and column.</summary>
    public static string Problem(Exception error) =>
        error is not ClipException { Path: { } path } || error.Message.Contains(ClipException.Shown(path), StringComparison.Ordinal)
            ? error.Message : $"'{ClipException.Shown(path)}': {error.Message}";

    /// <summary>The same in words.</summary>
    public static string Message(long row, string column, string problem) => $"Row {row} (counted from 0), column '{column}': {problem}";
}
