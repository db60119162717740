using System.Runtime.ExceptionServices;
using Microsoft.ML.Data;
using Microsoft.ML.Internal.Utilities;
using Microsoft.ML.Runtime;

namespace Microsoft.ML.Clip;

/// <summary>A view that adds columns computed a batch of rows at a time; see <see cref="BatchReader{TInput}"/>.</summary>
internal sealed class BatchedView<TInput> : IDataView
{
    private readonly IHost _host;
    private readonly IDataView _source;
    private readonly BatchMapper<TInput> _mapper;
    private readonly ColumnBindings _bindings;

    public BatchedView(IHost host, IDataView source, BatchMapper<TInput> mapper)
    {
        (_host, _source, _mapper) = (host, source, mapper);
        _bindings = new ColumnBindings(source.Schema, mapper.Outputs.Columns);
    }

    // The source is enumerated once, so whatever order it likes is fine.
    public bool CanShuffle => _source.CanShuffle;

    public DataViewSchema Schema => _bindings.Schema;

    public long? GetRowCount() => _source.GetRowCount();

    public DataViewRowCursor GetRowCursor(IEnumerable<DataViewSchema.Column> columnsNeeded, Random? rand = null)
    {
        _host.CheckValue(columnsNeeded, nameof(columnsNeeded));
        bool[] active = Utils.BuildArray(Schema.Count, columnsNeeded);
        bool[] activeSource = _bindings.GetActiveInput(column => active[column]);
        var kept = _source.Schema.Where(c => activeSource[c.Index]).ToArray();
        if (!_bindings.AddedColumnIndices.Any(i => active[i]))
        {
            return new PassThroughCursor(_host, _source.GetRowCursor(kept, rand), _bindings, active);
        }
        return RowPass.Make(pass =>
        {
            var source = _source.GetRowCursor(kept.Append(_mapper.Input).DistinctBy(c => c.Index), rand);
            return new BatchedCursor<TInput>(_host, source, kept, _mapper, _bindings, active, _source.GetRowCount(), pass);
        });
    }

    // One cursor keeps every core busy already, with a batch on each; several would only multiply the memory.
    public DataViewRowCursor[] GetRowCursorSet(IEnumerable<DataViewSchema.Column> columnsNeeded, int n, Random? rand = null) =>
        [GetRowCursor(columnsNeeded, rand)];
}

/// <summary>The cursor of a <see cref="BatchedView{TInput}"/> when none of the added columns is asked for: nothing is read ahead or computed.</summary>
internal sealed class PassThroughCursor(IChannelProvider provider, DataViewRowCursor input, ColumnBindings bindings, bool[] active)
    : SynchronizedCursorBase(provider, input)
{
    private readonly ColumnBindings _bindings = bindings;
    private readonly bool[] _active = active;

    public override DataViewSchema Schema => _bindings.Schema;

    public override bool IsColumnActive(DataViewSchema.Column column) => _active[column.Index];

    public override ValueGetter<TValue> GetGetter<TValue>(DataViewSchema.Column column)
    {
        Ch.CheckParam(IsColumnActive(column), nameof(column), "requested column is not active");
        return Input.GetGetter<TValue>(Input.Schema[_bindings.MapColumnIndex(out _, column.Index)]);
    }
}

/// <summary>Walks the rows of the batches that a <see cref="BatchReader{TInput}"/> makes ready.</summary>
internal sealed class BatchedCursor<TInput> : RootCursorBase
{
    private readonly IHost _host;
    private readonly DataViewRowCursor _source;
    private readonly DataViewSchema.Column[] _kept;
    private readonly BatchMapper<TInput> _mapper;
    private readonly ColumnBindings _bindings;
    private readonly bool[] _active;
    private readonly long? _rowCount;
    private BatchReader<TInput>? _reader;
    private RowBatch<TInput>? _batch;
    private readonly FailedRows _failures;
    private int _slot;
    private bool _disposed;

    public BatchedCursor(IHost host, DataViewRowCursor source, DataViewSchema.Column[] kept, BatchMapper<TInput> mapper, ColumnBindings bindings,
        bool[] active, long? rowCount, RowPass pass) : base(host)
    {
        (_host, _source, _kept, _mapper, _bindings, _active, _rowCount) = (host, source, kept, mapper, bindings, active, rowCount);
        _failures = new FailedRows(mapper.Input.Name, message => Ch.Warning(message), pass, [.. mapper.Outputs.Columns.Select(c => c.Name)]);
    }

    public override DataViewSchema Schema => _bindings.Schema;

    // Rows come in the source's order on one cursor, so there is nothing to reconcile.
    public override long Batch => 0;

    public override bool IsColumnActive(DataViewSchema.Column column) => _active[column.Index];

    public override ValueGetter<DataViewRowId> GetIdGetter() => (ref DataViewRowId id) => id = Current.Ids[_slot];

    public override ValueGetter<TValue> GetGetter<TValue>(DataViewSchema.Column column)
    {
        Ch.CheckParam(IsColumnActive(column), nameof(column), "requested column is not active");
        int index = _bindings.MapColumnIndex(out bool isSource, column.Index);
        var getter = isSource ? MakePassThrough<TValue>(index)
            : _mapper.Outputs.MakeGetter(index, () => Current.Encoder.Row(_slot), () => Current.Encoder.Problem(_slot));
        return getter as ValueGetter<TValue>
            ?? throw Ch.Except($"Column '{column.Name}' holds {column.Type}; its getter cannot give '{typeof(TValue)}'.");
    }

    protected override bool MoveNextCore()
    {
        // Threads start with the first row, not with the cursor: many cursors are made only to look at their schema.
        _reader ??= new BatchReader<TInput>(_host, _source, _kept, _mapper, _rowCount);
        _slot++;
        while (_batch is null || _slot >= _batch.Count)
        {
            if (_batch is not null)
            {
                LeaveBatch(_batch);
            }
            _batch = _reader.Take();
            _slot = 0;
            if (_batch is null)
            {
                return false;
            }
            TellOfFailures(_batch);
        }
        return true;
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing && !_disposed)
        {
            _disposed = true;
            if (_reader is null)
            {
                _source.Dispose();
            }
            else
            {
                _reader.Dispose();
                _failures.TellHowMany();
            }
        }
        base.Dispose(disposing);
    }

    private RowBatch<TInput> Current
    {
        get
        {
            Ch.Check(IsGood && _batch is not null, "Cannot call a getter in the current state: the cursor has not been moved to a row.");
            return _batch!;
        }
    }

    private ValueGetter<TValue> MakePassThrough<TValue>(int column)
    {
        Ch.Check(_source.Schema[column].Type.RawType == typeof(TValue),
            $"Column '{_source.Schema[column].Name}' holds {_source.Schema[column].Type}; its getter cannot give '{typeof(TValue)}'.");
        return (ref TValue value) => ((ColumnBuffer<TValue>)Current.PassThrough[column]!).CopyTo(_slot, ref value);
    }

    private void LeaveBatch(RowBatch<TInput> batch)
    {
        if (batch.Error is not null)
        {
            ExceptionDispatchInfo.Throw(batch.Error);
        }
        _batch = null;
        _reader!.Return(batch);
    }

    // Here and not where rows are prepared: so they come in order, as early as they can.
    private void TellOfFailures(RowBatch<TInput> batch)
    {
        for (int row = 0; row < batch.Count; row++)
        {
            if (batch.Encoder.Problem(row) is { } problem)
            {
                _failures.Add(batch.FirstRow + row, problem);
            }
        }
    }
}
