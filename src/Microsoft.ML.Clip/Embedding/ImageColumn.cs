using Microsoft.ML.Data;
using Microsoft.ML.Runtime;
using Microsoft.ML.Transforms.Image;

namespace Microsoft.ML.Clip;

/// <summary>What works on a column of images, whatever the type of its values.</summary>
internal interface IImageColumnVisitor<out TResult>
{
    /// <param name="read">Reads a value of the column into pixel values [3, H, W].</param>
    TResult Visit<TInput>(PrepareRow<TInput, float> read);
}

/// <summary>An input column that holds images: decoded (<see cref="MLImage"/>), as paths of files (text), or as encoded files (vectors of bytes).</summary>
internal static class ImageColumn
{
    public const string Expected = "an image (MLImage), a file path (text) or an encoded image file (a vector of bytes)";

    public static bool IsImage(DataViewType type) => type is ImageDataViewType or TextDataViewType || IsBytes(type);

    public static bool IsImage(SchemaShape.Column column) => column.Kind == SchemaShape.Column.VectorKind.Scalar
        ? !column.IsKey && column.ItemType is ImageDataViewType or TextDataViewType
        : column.ItemType == NumberDataViewType.Byte;

    /// <summary>Has a visitor work on a column, with that form of a reader which fits the column's type.</summary>
    /// <param name="host">Where errors come from, if it is known.</param>
    /// <param name="input">The column.</param>
    /// <param name="reader">Reads images.</param>
    /// <param name="visitor">Who works on the column.</param>
    public static TResult Accept<TResult>(IExceptionContext? host, DataViewSchema.Column input, PixelReader reader, IImageColumnVisitor<TResult> visitor) =>
        input.Type switch
        {
            ImageDataViewType => visitor.Visit<MLImage>(reader.Read),
            TextDataViewType => visitor.Visit<ReadOnlyMemory<char>>(reader.Read),
            var type when IsBytes(type) => visitor.Visit<VBuffer<byte>>(reader.Read),
            var type => throw ColumnChecks.WrongType(host, input.Name, Expected, type.ToString()),
        };

    /// <summary>Makes the mapper that fits the column's type.</summary>
    /// <param name="host">Where errors come from.</param>
    /// <param name="input">The column.</param>
    /// <param name="settings">What to do with the images.</param>
    /// <param name="outputs">What is added to the schema.</param>
    /// <param name="head">What follows the encoder, if anything.</param>
    public static BatchMapper Bind(IHost host, DataViewSchema.Column input, ImageSettings settings, RowOutputs outputs, IBatchHead? head)
    {
        var reader = new PixelReader(settings.Preprocessor, settings.ImageFolder, settings.OnInvalidImage);
        return Accept(host, input, reader, new Binding(input, settings, outputs, head));
    }

    private static bool IsBytes(DataViewType type) => type is VectorDataViewType vector && vector.ItemType == NumberDataViewType.Byte;

    private sealed record Binding(DataViewSchema.Column Input, ImageSettings Settings, RowOutputs Outputs, IBatchHead? Head) : IImageColumnVisitor<BatchMapper>
    {
        public BatchMapper Visit<TInput>(PrepareRow<TInput, float> read)
        {
            var model = Settings.Model;
            var stages = new RowStages<TInput, float>(model.Preprocessor.PixelValueCount, read, model.ImageFeatureDimension(Settings.Features),
                new(model.ImageEncoder(Settings.Features, Settings.Normalize)))
            {
                Begin = isAlone => model.OpenImagesAhead(Settings.Features, Settings.Normalize, isAlone),
            };
            return new BatchMapper<TInput>(Input, Outputs, Settings.BatchSize, capacity => new StagedRowWork<TInput, float>(stages, Head, capacity),
                model.Share)
            {
                WholeBatches = Settings.WholeBatches,
            };
        }
    }
}

/// <summary>What a step does with images.</summary>
internal sealed record ImageSettings(ClipModel Model, ClipFeatures Features, bool Normalize, int BatchSize, string? ImageFolder,
    ClipOnInvalidImage OnInvalidImage)
{
    /// <summary>Whether pictures are turned as EXIF says; null for as the model does it.</summary>
    public bool? ApplyExifOrientation { get; init; }

    /// <summary>Whether every batch but the last is a whole one.</summary>
    public bool WholeBatches { get; init; }

    /// <summary>What makes pixel values.</summary>
    public ClipImagePreprocessor Preprocessor => ApplyExifOrientation is { } choice && choice != Model.Preprocessor.IsUpright
        ? Model.Preprocessor.WithOrientation(choice) : Model.Preprocessor;
}
