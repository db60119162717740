using Microsoft.ML.Data;
using Microsoft.ML.Runtime;

namespace Microsoft.ML.Clip;

/// <summary>
/// Tells of the rows that failed where the user asked to go on: of the first which and why, of the rest how many; but not of what an earlier step has told
/// in the same pass. Used by one thread at a time.
/// </summary>
/// <param name="column">The input column.</param>
/// <param name="warn">Where the warnings go.</param>
/// <param name="pass">What the steps of the pass have told; null for a step by itself.</param>
/// <param name="outputs">The columns that hold nothing for a failed row.</param>
internal sealed class FailedRows(string column, Action<string> warn, RowPass? pass = null, params string[] outputs)
{
    // Enough to see what is wrong with them; what is wrong with each stands in the column of errors.
    public const int Named = 20;

    /// <summary>How many there were, so far.</summary>
    public long Count { get; private set; }

    public void Add(long row, ClipException problem)
    {
        if (problem is ClipRowException { IsEarlierSteps: true } && pass?.HasFailures(column) == true)
        {
            return;
        }
        pass?.Fail(outputs);
        if (Count++ < Named)
        {
            Warn(RowErrors.Message(row, column, RowErrors.Problem(problem)));
        }
    }

    /// <summary>Says how many there were, if there were any.</summary>
    public void TellHowMany()
    {
        if (Count == 0)
        {
            return;
        }
        string rest = Count > Named ? $" {Count - Named} of them are not named above; the column that {ErrorColumn.Option} adds names all." : "";
        Warn($"{Count} of the rows read had no usable value in column '{column}'; their outputs are NaN or missing.{rest}");
    }

    private void Warn(string message)
    {
        if (pass?.Tell(message) != false)
        {
            warn(message);
        }
    }
}

/// <summary>
/// One reading of the rows through a chain of steps, and what these have told of failures, so that the next step does not say it again. The cursors of a chain
/// are made one within the other, on one thread: so they find the pass that they belong to. Thread-safe; holds none of the cursors.
/// </summary>
internal sealed class RowPass
{
    [ThreadStatic]
    private static RowPass? _beingMade;

    private readonly Lock _gate = new();
    private readonly HashSet<string> _told = new(StringComparer.Ordinal);
    private readonly HashSet<string> _columns = new(StringComparer.Ordinal);

    /// <summary>Makes a cursor, and within that those of the steps before it, which are then of the same pass.</summary>
    public static T Make<T>(Func<RowPass, T> make)
    {
        var outer = _beingMade;
        try
        {
            return make(_beingMade = outer ?? new());
        }
        finally
        {
            _beingMade = outer;
        }
    }

    /// <summary>Whether nobody has told this yet.</summary>
    public bool Tell(string message)
    {
        lock (_gate)
        {
            return _told.Add(message);
        }
    }

    /// <summary>Columns that hold nothing for a row of which was told.</summary>
    public void Fail(IEnumerable<string> columns)
    {
        lock (_gate)
        {
            _columns.UnionWith(columns);
        }
    }

    /// <summary>Whether a column is one of them.</summary>
    public bool HasFailures(string column)
    {
        lock (_gate)
        {
            return _columns.Contains(column);
        }
    }
}

/// <summary>A column of texts that says which rows failed, and why.</summary>
internal static class ErrorColumn
{
    /// <summary>The option that asks for it, in every step that has one.</summary>
    public const string Option = "ErrorColumnName";

    public static DataViewSchema.DetachedColumn Create(string name) => new(name, TextDataViewType.Instance, null);

    public static ValueGetter<ReadOnlyMemory<char>> MakeGetter(RowOutputs.RowProblem problem) =>
        (ref ReadOnlyMemory<char> value) => value = problem() is { } found ? RowErrors.Problem(found).AsMemory() : default;

    /// <summary>Adds the column to a schema's shape; none if it has no name.</summary>
    public static SchemaShape AddTo(SchemaShape input, string? name) => name is null ? input
        : new SchemaShape(input.Where(c => c.Name != name).Append(new(name, SchemaShape.Column.VectorKind.Scalar, TextDataViewType.Instance, false)));

    /// <summary>Checks the name against those of the step's other outputs.</summary>
    public static void CheckName(IExceptionContext host, string? name, params ReadOnlySpan<string> others)
    {
        host.CheckUserArg(name is null || !string.IsNullOrWhiteSpace(name), Option, "must be the name of a column, or null for none");
        if (others.Contains(name))
        {
            throw host.ExceptUserArg(Option, $"'{name}' is the name of another output of the step");
        }
    }
}
