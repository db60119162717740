using Microsoft.ML.Data;

namespace Microsoft.ML.Clip;

/// <summary>An added column of float vectors.</summary>
internal static class VectorColumn
{
    /// <summary>A getter that copies a row's values out.</summary>
    public static ValueGetter<VBuffer<float>> MakeGetter(RowOutputs.RowValues values) => (ref VBuffer<float> value) =>
    {
        var row = values();
        var editor = VBufferEditor.Create(ref value, row.Length);
        row.CopyTo(editor.Values);
        value = editor.Commit();
    };

    /// <summary>Adds an annotation that is a vector of texts, such as slot names or key values.</summary>
    public static void AddTexts(this DataViewSchema.Annotations.Builder builder, string kind, ReadOnlyMemory<char>[] texts) =>
        builder.Add(kind, new VectorDataViewType(TextDataViewType.Instance, texts.Length),
            (ref VBuffer<ReadOnlyMemory<char>> value) => new VBuffer<ReadOnlyMemory<char>>(texts.Length, texts).CopyTo(ref value));
}
