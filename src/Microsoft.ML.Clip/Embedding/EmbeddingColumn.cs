using Microsoft.ML.Data;

namespace Microsoft.ML.Clip;

/// <summary>The column that an embedding step adds, as a schema's shape and as a column.</summary>
internal static class EmbeddingColumn
{
    public static SchemaShape AddTo(SchemaShape input, string name, bool normalized)
    {
        var annotations = normalized
            ? new SchemaShape([new SchemaShape.Column(AnnotationUtils.Kinds.IsNormalized, SchemaShape.Column.VectorKind.Scalar,
                BooleanDataViewType.Instance, false)])
            : null;
        var columns = input.ToDictionary(c => c.Name);
        columns[name] = new SchemaShape.Column(name, SchemaShape.Column.VectorKind.Vector, NumberDataViewType.Single, false, annotations);
        return new SchemaShape(columns.Values);
    }

    public static DataViewSchema.DetachedColumn Create(string name, int dimension, bool normalized)
    {
        var annotations = new DataViewSchema.Annotations.Builder();
        // Tells trainers that ask for normalised features that these need no further scaling.
        if (normalized)
        {
            annotations.Add(AnnotationUtils.Kinds.IsNormalized, BooleanDataViewType.Instance, (ref bool value) => value = true);
        }
        return new DataViewSchema.DetachedColumn(name, new VectorDataViewType(NumberDataViewType.Single, dimension), annotations.ToAnnotations());
    }
}
