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
    public static BatchMapper Bind(IHost host, DataViewSchema.Column input, ImageSettings settings,
        DataViewSchema.DetachedColumn[] outputColumns, IBatchHead? head, Func<int, BatchMapper.RowValues, Delegate> makeGetter)
    {
        var model = settings.Model;
        var reader = new PixelReader(model.Preprocessor, settings.ImageFolder, settings.OnInvalidImage);
        return input.Type switch
        {
            ImageDataViewType => Make<MLImage>(reader.TryRead),
            TextDataViewType => Make<ReadOnlyMemory<char>>(reader.TryRead),
            var type when IsBytes(type) => Make<VBuffer<byte>>(reader.TryRead),
            var type => throw ColumnChecks.WrongType(host, input.Name, Expected, type.ToString()),
        };

        BatchMapper Make<TInput>(PrepareRow<TInput, float> read)
        {
            var stages = new RowStages<TInput, float>(model.Preprocessor.PixelValueCount, read, model.ImageFeatureDimension(settings.Features),
                new(model.ImageEncoder(settings.Features, settings.Normalize)));
            return new BatchMapper<TInput>(input, outputColumns, settings.BatchSize, capacity => new StagedRowWork<TInput, float>(stages, head, capacity),
                makeGetter, model.Share);
        }
    }

    private static bool IsBytes(DataViewType type) => type is VectorDataViewType vector && vector.ItemType == NumberDataViewType.Byte;
}

/// <summary>What a step does with images.</summary>
internal sealed record ImageSettings(ClipModel Model, ClipFeatures Features, bool Normalize, int BatchSize, string? ImageFolder,
    ClipOnInvalidImage OnInvalidImage);
