using Microsoft.ML.Data;

namespace Microsoft.ML.Clip.Benchmarks;

internal sealed class LabelledFeatures
{
    public float[] Features { get; set; } = [];

    public uint Label { get; set; }

    /// <summary>The columns of such rows: a vector of known length and a key of known count.</summary>
    public static SchemaDefinition Schema(int dimension, int classes)
    {
        var schema = SchemaDefinition.Create(typeof(LabelledFeatures));
        schema[nameof(Features)].ColumnType = new VectorDataViewType(NumberDataViewType.Single, dimension);
        schema[nameof(Label)].ColumnType = new KeyDataViewType(typeof(uint), classes);
        return schema;
    }
}
