using System.Runtime.InteropServices;
using Microsoft.ML.Data;
using Microsoft.ML.Runtime;

namespace Microsoft.ML.Clip;

/// <summary>Some rows of a view, told by their positions, in the view's order.</summary>
internal sealed class SelectedRowsView : IDataView
{
    private readonly IHost _host;
    private readonly IDataView _source;
    private readonly HashSet<long> _positions;

    private SelectedRowsView(IHost host, IDataView source, HashSet<long> positions) => (_host, _source, _positions) = (host, source, positions);

    /// <inheritdoc/>
    public DataViewSchema Schema => _source.Schema;

    /// <inheritdoc/>
    public bool CanShuffle => false;

    /// <summary>Draws <paramref name="count"/> rows of each class.</summary>
    public static SelectedRowsView TakePerClass(IHostEnvironment env, IDataView source, int count, string labelColumn, int? seed)
    {
        var host = env.Register(nameof(TakePerClass));
        var label = ColumnChecks.Find(host, source.Schema, labelColumn);
        using var channel = host.Start(nameof(TakePerClass));
        var random = SeededRandom.Create(seed ?? host.Rand.Next());
        int fewer;
        HashSet<long> positions;
        if (label.Type is KeyDataViewType key && key.RawType == typeof(uint))
        {
            positions = Draw<uint>(host, source, label, count, random, k => k != 0, k => k, out fewer);
        }
        else if (label.Type is TextDataViewType)
        {
            positions = Draw<ReadOnlyMemory<char>>(host, source, label, count, random, t => !t.IsEmpty, t => t.ToString(), out fewer);
        }
        else
        {
            throw ColumnChecks.WrongType(host, label.Name, "a key or text", label.Type.ToString());
        }
        if (fewer > 0)
        {
            channel.Warning("{0} classes have fewer than {1} rows; all of them were taken", fewer, count);
        }
        return new SelectedRowsView(host, source, positions);
    }

    /// <inheritdoc/>
    public long? GetRowCount() => _positions.Count;

    /// <inheritdoc/>
    public DataViewRowCursor GetRowCursor(IEnumerable<DataViewSchema.Column> columnsNeeded, Random? rand = null)
    {
        var columns = columnsNeeded.ToArray();
        bool[] active = new bool[Schema.Count];
        foreach (var column in columns)
        {
            active[column.Index] = true;
        }
        return new Cursor(_host, _source.GetRowCursor(columns), Schema, active, _positions);
    }

    /// <inheritdoc/>
    public DataViewRowCursor[] GetRowCursorSet(IEnumerable<DataViewSchema.Column> columnsNeeded, int n, Random? rand = null) =>
        [GetRowCursor(columnsNeeded, rand)];

    // Reservoir sampling (Vitter 1985, algorithm R) for each class: one pass, whatever the order of the rows.
    private static HashSet<long> Draw<T>(IHost host, IDataView source, DataViewSchema.Column label, int count, Random random, Func<T, bool> has,
        Func<T, object> classOf, out int fewer)
    {
        var drawn = new Dictionary<object, List<long>>();
        var seen = new Dictionary<object, int>();
        using var cursor = source.GetRowCursor([label]);
        var get = cursor.GetGetter<T>(label);
        T value = default!;
        while (cursor.MoveNext())
        {
            host.CheckAlive();
            get(ref value);
            if (!has(value))
            {
                continue;
            }
            object group = classOf(value);
            ref var rows = ref CollectionsMarshal.GetValueRefOrAddDefault(drawn, group, out _);
            rows ??= [];
            int before = CollectionsMarshal.GetValueRefOrAddDefault(seen, group, out _)++;
            if (rows.Count < count)
            {
                rows.Add(cursor.Position);
            }
            else if (random.Next(before + 1) is int slot && slot < count)
            {
                rows[slot] = cursor.Position;
            }
        }
        fewer = drawn.Values.Count(rows => rows.Count < count);
        return [.. drawn.Values.SelectMany(rows => rows)];
    }

    private sealed class Cursor(IChannelProvider provider, DataViewRowCursor input, DataViewSchema schema, bool[] active, HashSet<long> positions)
        : LinkedRowFilterCursorBase(provider, input, schema, active)
    {
        public override ValueGetter<TValue> GetGetter<TValue>(DataViewSchema.Column column) => Input.GetGetter<TValue>(column);

        protected override bool Accept() => positions.Contains(Input.Position);
    }
}
