using Microsoft.ML.Data;
using Microsoft.ML.Runtime;

namespace Microsoft.ML.Clip;

/// <summary>What one CLIP step does to the schema it was bound to, and how its rows are computed.</summary>
internal abstract class BatchMapper(DataViewSchema.Column input, DataViewSchema.DetachedColumn[] outputColumns)
{
    /// <summary>A result row's values, valid until the cursor moves.</summary>
    internal delegate ReadOnlySpan<float> RowValues();

    /// <summary>The column that is read.</summary>
    public DataViewSchema.Column Input { get; } = input;

    /// <summary>The columns that are added.</summary>
    public DataViewSchema.DetachedColumn[] OutputColumns { get; } = outputColumns;

    /// <summary>The view that computes whole batches.</summary>
    public abstract IDataView CreateView(IHost host, IDataView source);

    /// <summary>The getters that compute a row at a time, for a prediction engine.</summary>
    public abstract Delegate[] CreateRowGetters(IHost host, DataViewRow row, Func<int, bool> activeOutput);
}

/// <inheritdoc cref="BatchMapper"/>
/// <param name="input">The column that is read.</param>
/// <param name="outputColumns">The columns that are added.</param>
/// <param name="batchSize">Rows in a batch of the reader: one or more runs of the encoder.</param>
/// <param name="createBatch">Makes the memory for a batch of so many rows.</param>
/// <param name="makeGetter">Makes the getter of an added column from a row's values.</param>
/// <param name="share">How many batches are encoded at the same time, and how many threads prepare rows.</param>
internal sealed class BatchMapper<TInput>(DataViewSchema.Column input, DataViewSchema.DetachedColumn[] outputColumns, int batchSize,
    Func<int, RowWork<TInput>> createBatch, Func<int, BatchMapper.RowValues, Delegate> makeGetter, WorkShare? share = null)
    : BatchMapper(input, outputColumns)
{
    public int BatchSize { get; } = batchSize;

    public WorkShare Share { get; } = share ?? WorkShare.OneAtATime(batchSize);

    public Func<int, RowWork<TInput>> CreateBatch { get; } = createBatch;

    public Delegate MakeGetter(int outputColumn, RowValues values) => makeGetter(outputColumn, values);

    public override IDataView CreateView(IHost host, IDataView source) => new BatchedView<TInput>(host, source, this);

    public override Delegate[] CreateRowGetters(IHost host, DataViewRow row, Func<int, bool> activeOutput)
    {
        var getters = new Delegate[OutputColumns.Length];
        if (!Enumerable.Range(0, getters.Length).Any(activeOutput))
        {
            return getters;
        }

        var batch = CreateBatch(1);
        var getInput = row.GetGetter<TInput>(row.Schema[Input.Index]);
        TInput value = default!;
        long position = -1;
        // Several columns come from one run of the encoder.
        RowValues values = () =>
        {
            if (position != row.Position)
            {
                position = -1;
                getInput(ref value);
                try
                {
                    batch.Prepare(0, value);
                    batch.Encode(1);
                }
                catch (Exception error)
                {
                    throw RowErrors.Wrap(host, row.Position, Input.Name, error);
                }
                position = row.Position;
            }
            return batch.Row(0);
        };
        for (int i = 0; i < getters.Length; i++)
        {
            if (activeOutput(i))
            {
                getters[i] = MakeGetter(i, values);
            }
        }
        return getters;
    }
}
