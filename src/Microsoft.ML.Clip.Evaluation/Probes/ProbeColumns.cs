using Microsoft.ML.Data;

namespace Microsoft.ML.Clip;

/// <summary>An embedded set as the view that the trainer of linear probes takes.</summary>
internal static class ProbeColumns
{
    public static IDataView Of(MLContext ml, ClipEmbeddedSet set)
    {
        var schema = SchemaDefinition.Create(typeof(Row));
        schema[nameof(Row.Features)].ColumnType = new VectorDataViewType(NumberDataViewType.Single, set.Dimension);
        schema[nameof(Row.Label)].ColumnType = new KeyDataViewType(typeof(uint), set.ClassNames.Count);
        return ml.Data.LoadFromEnumerable(new Rows(set), schema);
    }

    // A count is known to the trainer before it reads, which saves it memory.
    private sealed class Rows(ClipEmbeddedSet set) : IReadOnlyCollection<Row>
    {
        public int Count => set.Count;

        public IEnumerator<Row> GetEnumerator()
        {
            for (int i = 0; i < set.Count; i++)
            {
                yield return new Row { Features = set.Embeddings.Slice(i * set.Dimension, set.Dimension).ToArray(), Label = (uint)set.Labels[i] };
            }
        }

        System.Collections.IEnumerator System.Collections.IEnumerable.GetEnumerator() => GetEnumerator();
    }

    private sealed class Row
    {
        public float[] Features { get; set; } = [];

        public uint Label { get; set; }
    }
}
