using Microsoft.ML.Data;
using Microsoft.ML.Runtime;
using Microsoft.ML.Transforms.Image;

namespace Microsoft.ML.Clip;

/// <summary>An input column that holds images: decoded (<see cref="MLImage"/>), as paths of files (text), or as encoded files (vectors of bytes).</summary>
internal static class ImageColumn
{
    public const string Expected = "an image (MLImage), a file path (text) or an encoded image file (a vector of bytes)";

    public static bool IsImage(DataViewType type) => type is ImageDataViewType or TextDataViewType || IsBytes(type);

    public static bool IsImage(SchemaShape.Column column) => column.Kind == SchemaShape.Column.VectorKind.Scalar
        ? !column.IsKey && column.ItemType is ImageDataViewType or TextDataViewType
        : column.ItemType == NumberDataViewType.Byte;

    /// <summary>Makes the mapper that fits the column's type.</summary>
    /// <param name="host">Where errors come from.</param>
    /// <param name="input">The column.</param>
    /// <param name="settings">What to do with the images.</param>
    /// <param name="outputColumns">What is added to the schema.</param>
    /// <param name="head">What follows the encoder, if anything.</param>
    /// <param name="makeGetter">Makes the getters of the added columns.</param>
    public static BatchMapper Bind(IHost host, DataViewSchema.Column input, ImageBatchSettings settings,
        DataViewSchema.DetachedColumn[] outputColumns, IBatchHead? head, Func<int, BatchMapper.RowValues, Delegate> makeGetter)
    {
        return input.Type switch
        {
            ImageDataViewType => Make<MLImage>(ReadImage),
            TextDataViewType => Make<ReadOnlyMemory<char>>(ReadFile),
            var type when IsBytes(type) => Make<VBuffer<byte>>(ReadBytes),
            var type => throw ColumnChecks.WrongType(host, input.Name, Expected, type.ToString()),
        };

        BatchMapper Make<TInput>(ImageBatch<TInput>.ReadPixels read) => new BatchMapper<TInput>(input, outputColumns, settings.BatchSize,
            capacity => head is null ? new ImageBatch<TInput>(settings, read, capacity)
                : new HeadBatch<TInput>(new ImageBatch<TInput>(settings, read, capacity), head, capacity), makeGetter, settings.Model.Share);
    }

    private static bool IsBytes(DataViewType type) => type is VectorDataViewType vector && vector.ItemType == NumberDataViewType.Byte;

    private static void ReadImage(ImageBatchSettings settings, in MLImage image, Span<float> pixelValues)
    {
        if (image is null)
        {
            throw new ClipImageException("The row has no image (null).");
        }
        settings.Model.Preprocessor.Preprocess(image, pixelValues);
    }

    private static void ReadFile(ImageBatchSettings settings, in ReadOnlyMemory<char> path, Span<float> pixelValues)
    {
        if (path.Span.IsWhiteSpace())
        {
            throw new ClipImageException("The row has no image: its path is empty.");
        }
        string file = path.ToString();
        settings.Model.Preprocessor.PreprocessFile(settings.ImageFolder is null ? file : Path.Combine(settings.ImageFolder, file), pixelValues);
    }

    private static void ReadBytes(ImageBatchSettings settings, in VBuffer<byte> bytes, Span<float> pixelValues)
    {
        if (bytes.Length == 0)
        {
            throw new ClipImageException("The row has no image: its vector of bytes is empty.");
        }
        if (bytes.IsDense)
        {
            settings.Model.Preprocessor.PreprocessEncoded(bytes.GetValues(), pixelValues);
        }
        else
        {
            settings.Model.Preprocessor.PreprocessEncoded(bytes.DenseValues().ToArray(), pixelValues);
        }
    }
}
