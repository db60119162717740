using Microsoft.ML.Data;
using Microsoft.ML.Runtime;

namespace Microsoft.ML.Clip;

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
