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
        _bindings = new ColumnBindings(source.Schema, mapper.OutputColumns);
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
        var source = _source.GetRowCursor(kept.Append(_mapper.Input).DistinctBy(c => c.Index), rand);
        return new BatchedCursor<TInput>(_host, source, kept, _mapper, _bindings, active);
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
