using Microsoft.ML.Data;

namespace Microsoft.ML.Clip;

public sealed partial class ClipDataSet
{
    private const string KeyValues = "KeyValues";

    /// <summary>The set as a view that is read lazily, as often as steps ask for it.</summary>
    /// <param name="mlContext">The context.</param>
    /// <returns>
    /// Columns <c>Image</c>, a file's path (text) or its bytes (vector), both as <c>ClipImageEmbedding</c> takes them; <c>Label</c>, a key with the class
    /// names as values; <c>Name</c>, text.
    /// </returns>
    public IDataView ToDataView(MLContext mlContext)
    {
        ArgumentNullException.ThrowIfNull(mlContext);
        return ImagesAreFiles
            ? mlContext.Data.LoadFromEnumerable(Read().Select(r => new FileRow { Image = r.Path!, Label = (uint)r.Label, Name = r.Name }), Columns<FileRow>())
            : mlContext.Data.LoadFromEnumerable(Read().Select(r => new BytesRow { Image = r.Encoded.ToArray(), Label = (uint)r.Label, Name = r.Name }),
                Columns<BytesRow>());
    }

    // A property that is said to be a key counts from 0; the view makes of it keys from 1.
    private SchemaDefinition Columns<T>()
    {
        var columns = SchemaDefinition.Create(typeof(T));
        ReadOnlyMemory<char>[] names = [.. ClassNames.Select(n => n.AsMemory())];
        columns[nameof(FileRow.Label)].ColumnType = new KeyDataViewType(typeof(uint), names.Length);
        columns[nameof(FileRow.Label)].AddAnnotation(KeyValues, new VBuffer<ReadOnlyMemory<char>>(names.Length, names),
            new VectorDataViewType(TextDataViewType.Instance, names.Length));
        return columns;
    }

    private sealed class FileRow
    {
        public string Image { get; set; } = "";

        public uint Label { get; set; }

        public string Name { get; set; } = "";
    }

    private sealed class BytesRow
    {
        public byte[] Image { get; set; } = [];

        public uint Label { get; set; }

        public string Name { get; set; } = "";
    }
}
