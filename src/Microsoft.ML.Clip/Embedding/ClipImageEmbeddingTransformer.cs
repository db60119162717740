using Microsoft.ML;
using Microsoft.ML.Clip;
using Microsoft.ML.Data;
using Microsoft.ML.Runtime;

[assembly: LoadableClass(typeof(ClipImageEmbeddingTransformer), null, typeof(SignatureLoadModel), "CLIP image embedding", ClipImageEmbeddingTransformer.LoaderSignature)]

namespace Microsoft.ML.Clip;

/// <summary>What <see cref="ClipImageEmbeddingEstimator"/> fits, and what it says of the columns holds here.</summary>
public sealed class ClipImageEmbeddingTransformer : ClipTransformer
{
    internal const string LoaderSignature = "ClipImageEmbedding";

    // The version from which on the step tells whether it turns pictures.
    private const uint WithOrientation = 0x00010002;

    // The version from which on it may add a column of errors.
    private const uint WithErrorColumn = 0x00010003;

    private static readonly StepFormat Format = new(typeof(ClipImageEmbeddingTransformer), "CLIPIEMB", LoaderSignature, WithErrorColumn);

    private readonly ImageSettings _settings;

    internal ClipImageEmbeddingTransformer(IHostEnvironment env, string outputColumnName, string inputColumnName, ClipModel model,
        ClipImageEmbeddingOptions options)
        : base(Contracts.CheckRef(env, nameof(env)).Register(nameof(ClipImageEmbeddingTransformer)), model, model.AddReference())
    {
        (OutputColumnName, InputColumnName, ErrorColumnName) = (outputColumnName, inputColumnName, options.ErrorColumnName);
        _settings = new ImageSettings(model, options.Features, options.Normalize, options.BatchSize ?? model.Options.BatchSize,
            options.ImageFolder, options.OnInvalidImage)
        {
            ApplyExifOrientation = options.ApplyExifOrientation,
            WholeBatches = options.WholeBatches,
        };
        CheckSettings();
    }

    private ClipImageEmbeddingTransformer(IHost host, string outputColumnName, string inputColumnName, string? errorColumnName, ImageSettings settings,
        IDisposable share) : base(host, settings.Model, share)
    {
        (OutputColumnName, InputColumnName, ErrorColumnName, _settings) = (outputColumnName, inputColumnName, errorColumnName, settings);
        CheckSettings();
    }

    internal string OutputColumnName { get; }

    internal string InputColumnName { get; }

    internal string? ErrorColumnName { get; }

    internal bool Normalize => _settings.Normalize;

    internal bool HasWholeBatches => _settings.WholeBatches;

    // SignatureLoadModel
    private static ClipImageEmbeddingTransformer Create(IHostEnvironment env, ModelLoadContext ctx) => Format.Load(env, ctx, Read);

    private static ClipImageEmbeddingTransformer Read(IHost host, ModelLoadContext ctx)
    {
        string output = ctx.LoadNonEmptyString();
        string input = ctx.LoadNonEmptyString();
        var features = ctx.ReadChoice<ClipFeatures>(host);
        bool normalize = ctx.Reader.ReadBoolean();
        int batchSize = ctx.Reader.ReadInt32();
        var onInvalidImage = ctx.ReadChoice<ClipOnInvalidImage>(host);
        string? folder = ctx.LoadStringOrNull();
        bool? upright = ctx.Header.ModelVerWritten >= WithOrientation ? ctx.Reader.ReadBoolean() : null;
        string? error = ctx.Header.ModelVerWritten >= WithErrorColumn ? ctx.LoadStringOrNull() : null;
        var model = ModelPersistence.Load(host, ctx, out var share);
        batchSize = SavedNumbers.LimitBatch(batchSize, model.Preprocessor.PixelValueCount);
        return new ClipImageEmbeddingTransformer(host, output, input, error,
            new ImageSettings(model, features, normalize, batchSize, folder, onInvalidImage) { ApplyExifOrientation = upright }, share);
    }

    private protected override void SaveModel(ModelSaveContext ctx)
    {
        // *** Binary format ***
        // string: output column, string: input column
        // int: features, bool: normalize, int: batch size, int: what to do with invalid images
        // string or null: image folder
        // bool: whether pictures are turned as EXIF says (since version 2; before, the model's options tell)
        // string or null: column of errors (since version 3)
        // the model (ModelPersistence)
        Format.Begin(ctx);
        ctx.SaveNonEmptyString(OutputColumnName);
        ctx.SaveNonEmptyString(InputColumnName);
        ctx.Writer.Write((int)_settings.Features);
        ctx.Writer.Write(_settings.Normalize);
        ctx.Writer.Write(_settings.BatchSize);
        ctx.Writer.Write((int)_settings.OnInvalidImage);
        ctx.SaveStringOrNull(_settings.ImageFolder);
        ctx.Writer.Write(_settings.Preprocessor.IsUpright);
        ctx.SaveStringOrNull(ErrorColumnName);
        ModelPersistence.Save(Host, ctx, _settings.Model, image: true, text: false);
    }

    private protected override BatchMapper Bind(DataViewSchema schema)
    {
        var input = ColumnChecks.Find(Host, schema, InputColumnName);
        var output = EmbeddingColumn.Create(OutputColumnName, _settings.Model.ImageFeatureDimension(_settings.Features), Normalize);
        return ImageColumn.Bind(Host, input, _settings, new([output], (_, values) => VectorColumn.MakeGetter(values), ErrorColumnName), head: null);
    }

    private void CheckSettings()
    {
        Require.Defined<ClipFeatures>(_settings.Features, nameof(ClipImageEmbeddingOptions.Features));
        Require.Defined<ClipOnInvalidImage>(_settings.OnInvalidImage, nameof(ClipImageEmbeddingOptions.OnInvalidImage));
        Host.CheckNonEmpty(OutputColumnName, nameof(OutputColumnName));
        Host.CheckNonEmpty(InputColumnName, nameof(InputColumnName));
        ErrorColumn.CheckName(Host, ErrorColumnName, OutputColumnName);
        SavedNumbers.CheckBatch(Host, _settings.BatchSize, _settings.Model.Preprocessor.PixelValueCount, nameof(ClipImageEmbeddingOptions.BatchSize));
        // Fails here, and not at the first row, if the model has no image encoder or does not give these features.
        _ = _settings.Model.ImageFeatureDimension(_settings.Features);
        _ = _settings.Model.Preprocessor;
    }
}
