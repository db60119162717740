using Microsoft.ML.Data;
using Microsoft.ML.Runtime;

namespace Microsoft.ML.Clip;

/// <summary>What one CLIP step does to the schema it was bound to, and how its rows are computed.</summary>
internal abstract class BatchMapper(DataViewSchema.Column input, RowOutputs outputs)
{
    /// <summary>The column that is read.</summary>
    public DataViewSchema.Column Input { get; } = input;

    /// <summary>The columns that are added.</summary>
    public RowOutputs Outputs { get; } = outputs;

    /// <summary>The view that computes whole batches.</summary>
    public abstract IDataView CreateView(IHost host, IDataView source);

    /// <summary>The getters that compute a row at a time, for a prediction engine.</summary>
    /// <param name="host">Where errors come from.</param>
    /// <param name="row">Moves from row to row.</param>
    /// <param name="activeOutput">Which of the added columns are wanted.</param>
    public abstract Delegate?[] CreateRowGetters(IHost host, DataViewRow row, Func<int, bool> activeOutput);
}

/// <inheritdoc cref="BatchMapper"/>
/// <param name="input">The column that is read.</param>
/// <param name="outputs">The columns that are added.</param>
/// <param name="batchSize">Rows in a batch of the reader: one or more runs of the encoder.</param>
/// <param name="createBatch">Makes the memory for a batch of so many rows.</param>
/// <param name="share">How many batches are encoded at the same time, and how many threads prepare rows.</param>
internal sealed class BatchMapper<TInput>(DataViewSchema.Column input, RowOutputs outputs, int batchSize, Func<int, RowWork<TInput>> createBatch,
    WorkShare? share = null) : BatchMapper(input, outputs)
{
    public int BatchSize { get; } = batchSize;

    public WorkShare Share { get; } = share ?? WorkShare.OneAtATime(batchSize);

    public Func<int, RowWork<TInput>> CreateBatch { get; } = createBatch;

    /// <summary>Whether every batch but the last is a whole one, however many are encoded at the same time.</summary>
    public bool WholeBatches { get; init; }

    public override IDataView CreateView(IHost host, IDataView source) => new BatchedView<TInput>(host, source, this);

    public override Delegate?[] CreateRowGetters(IHost host, DataViewRow row, Func<int, bool> activeOutput)
    {
        var getters = new Delegate?[Outputs.Columns.Length];
        if (!Enumerable.Range(0, getters.Length).Any(activeOutput))
        {
            return getters;
        }
        // Several columns come from one run of the encoder.
        var rows = new RowByRow<TInput>(host, row, this);
        for (int i = 0; i < getters.Length; i++)
        {
            if (activeOutput(i))
            {
                getters[i] = rows.MakeGetter(i);
            }
        }
        return getters;
    }
}

/// <summary>The columns that a step adds, and how their values are made of a result row.</summary>
/// <param name="columns">The columns.</param>
/// <param name="makeGetter">Makes the getter of a column from a row's values.</param>
/// <param name="errorColumnName">One more column, which says why a row failed; null for none.</param>
internal sealed class RowOutputs(DataViewSchema.DetachedColumn[] columns, Func<int, RowOutputs.RowValues, Delegate> makeGetter,
    string? errorColumnName = null)
{
    /// <summary>A result row's values, valid until the cursor moves.</summary>
    internal delegate ReadOnlySpan<float> RowValues();

    /// <summary>Why a row has none; null if it has.</summary>
    internal delegate ClipException? RowProblem();

    public DataViewSchema.DetachedColumn[] Columns { get; } = errorColumnName is null ? columns : [.. columns, ErrorColumn.Create(errorColumnName)];

    public Delegate MakeGetter(int column, RowValues values, RowProblem problem) =>
        column == columns.Length ? ErrorColumn.MakeGetter(problem) : makeGetter(column, values);
}
