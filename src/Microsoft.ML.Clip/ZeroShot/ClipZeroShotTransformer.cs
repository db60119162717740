using System.Runtime.InteropServices;
using Microsoft.ML;
using Microsoft.ML.Clip;
using Microsoft.ML.Data;
using Microsoft.ML.Runtime;

[assembly: LoadableClass(typeof(ClipZeroShotTransformer), null, typeof(SignatureLoadModel), "CLIP zero-shot classification", ClipZeroShotTransformer.LoaderSignature)]

namespace Microsoft.ML.Clip;

/// <summary>What <see cref="ClipZeroShotEstimator"/> fits, and what it says of the columns holds here.</summary>
public sealed class ClipZeroShotTransformer : ClipTransformer
{
    internal const string LoaderSignature = "ClipZeroShot";

    // 0x00010001: initial. 0x00010002: score kind and bias. 0x00010003: column of errors. 0x00010004: minimum and column of
    // cosines.
    private const uint VersionWithScoreKind = 0x00010002;
    private const uint VersionWithErrorColumn = 0x00010003;
    private const uint VersionWithCosines = 0x00010004;

    private static readonly StepFormat Format = new(typeof(ClipZeroShotTransformer), "CLIPZERO", LoaderSignature, VersionWithCosines);

    private readonly string _inputColumnName;
    private readonly ZeroShotNames _names;
    private readonly ClipZeroShotClassifier _classifier;
    private readonly int _batchSize;
    private readonly ImageSettings? _images;
    private readonly SaidOnce _said;

    internal ClipZeroShotTransformer(IHostEnvironment env, string inputColumnName, ClipModel? imageModel, ClipZeroShotClassifier classifier,
        ClipZeroShotOptions options, int batchSize, SaidOnce? said = null)
        : this(Contracts.CheckRef(env, nameof(env)).Register(nameof(ClipZeroShotTransformer)), imageModel?.AddReference(), inputColumnName,
            ZeroShotNames.Of(options), classifier, batchSize,
            imageModel is null ? null : CreateSettings(imageModel, batchSize, options.ImageFolder, options.OnInvalidImage), said)
    {
    }

    private ClipZeroShotTransformer(IHost host, IDisposable? share, string inputColumnName, ZeroShotNames names, ClipZeroShotClassifier classifier,
        int batchSize, ImageSettings? images, SaidOnce? said = null) : base(host, images?.Model, share)
    {
        _said = said ?? new();
        (_inputColumnName, _names, _classifier, _batchSize, _images) = (inputColumnName, names, classifier, batchSize, images);
        names.Check(Host);
        if (images is not null)
        {
            _ = images.Model.ImageFeatureDimension(ClipFeatures.JointEmbedding);
        }
        SavedNumbers.CheckBatch(Host, batchSize, ValuesPerRow(classifier, images?.Model), nameof(ClipImageEmbeddingOptions.BatchSize));
    }

    /// <summary>The class names, in the order of the scores.</summary>
    public IReadOnlyList<string> Labels => _classifier.Labels;

    /// <summary>exp(t), by which cosines are multiplied before the softmax.</summary>
    public float LogitScale => _classifier.LogitScale;

    /// <summary>The cosine below which an image belongs to no class; <see langword="null"/> if every image belongs to the nearest.</summary>
    public float? MinimumCosine => _classifier.MinimumCosine;

    /// <summary>Warns of columns whose keys would be compared with other classes, once of each.</summary>
    internal void WarnOfOtherKeys(DataViewSchema schema)
    {
        foreach (string warning in ZeroShotColumns.OtherKeys(schema, Labels))
        {
            _said.Warn(Host, warning);
        }
    }

    private protected override void LookAt(DataViewSchema schema) => WarnOfOtherKeys(schema);

    // SignatureLoadModel
    private static ClipZeroShotTransformer Create(IHostEnvironment env, ModelLoadContext ctx) => Format.Load(env, ctx, Read);

    private static ClipZeroShotTransformer Read(IHost host, ModelLoadContext ctx)
    {
        string input = ctx.LoadNonEmptyString();
        string score = ctx.LoadNonEmptyString();
        string predictedLabel = ctx.LoadNonEmptyString();
        int batchSize = ctx.Reader.ReadInt32();
        var classifier = LoadClassifier(host, ctx);
        string? error = ctx.Header.ModelVerWritten >= VersionWithErrorColumn ? ctx.LoadStringOrNull() : null;
        string? cosine = ctx.Header.ModelVerWritten >= VersionWithCosines ? ctx.LoadStringOrNull() : null;
        ImageSettings? images = null;
        IDisposable? share = null;
        if (ctx.Reader.ReadBoolean())
        {
            var onInvalidImage = ctx.ReadChoice<ClipOnInvalidImage>(host);
            string? folder = ctx.LoadStringOrNull();
            var model = ModelPersistence.Load(host, ctx, out share);
            batchSize = SavedNumbers.LimitBatch(batchSize, ValuesPerRow(classifier, model));
            images = CreateSettings(model, batchSize, folder, onInvalidImage);
        }
        else
        {
            batchSize = SavedNumbers.LimitBatch(batchSize, ValuesPerRow(classifier, model: null));
        }
        return new ClipZeroShotTransformer(host, share, input, new(score, predictedLabel, cosine, error), classifier, batchSize, images);
    }

    // What comes in, or the scores and cosines that go out.
    private static long ValuesPerRow(ClipZeroShotClassifier classifier, ClipModel? model) =>
        Math.Max(model?.Preprocessor.PixelValueCount ?? classifier.Dimension, 2L * classifier.Labels.Count);

    private protected override void SaveModel(ModelSaveContext ctx)
    {
        // *** Binary format ***
        // string: input column, string: score column, string: predicted label column
        // int: batch size
        // int: classes, for each: string: label
        // float: logit scale, int: dimension, float[classes * dimension]: class weights
        // since version 2: int: score kind, float: logit bias
        // since version 4: bool: whether there is a minimum cosine, if so float: that
        // since version 3: string or null: column of errors
        // since version 4: string or null: column of cosines
        // bool: whether the input holds images; if so:
        //   int: what to do with invalid images, string or null: image folder, the model (ModelPersistence)
        Format.Begin(ctx);
        ctx.SaveNonEmptyString(_inputColumnName);
        ctx.SaveNonEmptyString(_names.Score);
        ctx.SaveNonEmptyString(_names.PredictedLabel);
        ctx.Writer.Write(_batchSize);
        ctx.Writer.Write(_classifier.Labels.Count);
        foreach (string label in _classifier.Labels)
        {
            ctx.SaveNonEmptyString(label);
        }
        ctx.Writer.Write(_classifier.LogitScale);
        ctx.Writer.Write(_classifier.Dimension);
        ctx.Writer.Write(MemoryMarshal.AsBytes(_classifier.ClassWeights.Span));
        ctx.Writer.Write((int)_classifier.ScoreKind);
        ctx.Writer.Write(_classifier.LogitBias);
        ctx.Writer.Write(_classifier.MinimumCosine is not null);
        if (_classifier.MinimumCosine is { } minimum)
        {
            ctx.Writer.Write(minimum);
        }
        ctx.SaveStringOrNull(_names.Error);
        ctx.SaveStringOrNull(_names.Cosine);
        ctx.Writer.Write(_images is not null);
        if (_images is null)
        {
            return;
        }
        ctx.Writer.Write((int)_images.OnInvalidImage);
        ctx.SaveStringOrNull(_images.ImageFolder);
        ModelPersistence.Save(Host, ctx, _images.Model, image: true, text: false);
    }

    private protected override BatchMapper Bind(DataViewSchema schema)
    {
        var input = ColumnChecks.Find(Host, schema, _inputColumnName);
        ZeroShotColumns.CheckInput(Host, input, _classifier.Dimension);
        var columns = ZeroShotColumns.Create(schema, _names, _classifier.Labels);
        bool hasCosines = _names.Cosine is not null || _classifier.MinimumCosine is not null;
        IBatchHead head = hasCosines ? new CosineHead(_classifier) : _classifier;
        var outputs = new RowOutputs(columns, (column, values) => ZeroShotColumns.MakeGetter(column, values, _classifier), _names.Error);
        if (!ImageColumn.IsImage(input.Type))
        {
            var stages = new RowStages<VBuffer<float>, float>(_classifier.Dimension, EmbeddingReader.Read, _classifier.Dimension,
                (embeddings, results, _) => embeddings.Span.CopyTo(results.Span));
            return new BatchMapper<VBuffer<float>>(input, outputs, _batchSize,
                capacity => new StagedRowWork<VBuffer<float>, float>(stages, head, capacity));
        }
        if (_images is null)
        {
            throw Host.Except($"Column '{_inputColumnName}' holds images, but this classifier was fitted on embeddings and carries no image encoder. Embed the images first, or fit it on images.");
        }
        return ImageColumn.Bind(Host, input, _images, outputs, head);
    }

    private static ClipZeroShotClassifier LoadClassifier(IHost host, ModelLoadContext ctx)
    {
        int classes = ctx.ReadCount(host, "classes", bytesEach: sizeof(int));
        string[] labels = new string[classes];
        for (int i = 0; i < classes; i++)
        {
            labels[i] = ctx.LoadNonEmptyString();
        }
        float logitScale = ctx.Reader.ReadSingle();
        int dimension = ctx.ReadCount(host, "weights per class", (long)classes * sizeof(float));
        float[] weights = new float[checked(classes * dimension)];
        ctx.Reader.BaseStream.ReadExactly(MemoryMarshal.AsBytes(weights.AsSpan()));
        host.CheckDecode(logitScale > 0 && float.IsFinite(logitScale) && !weights.AsSpan().ContainsAnyExceptInRange(float.MinValue, float.MaxValue),
            "The saved zero-shot classifier has a logit scale that is not positive, or weights that are no numbers.");
        bool hasKind = ctx.Header.ModelVerWritten >= VersionWithScoreKind;
        var scoreKind = hasKind ? ctx.ReadChoice<ClipScoreKind>(host) : ClipScoreKind.Softmax;
        float bias = hasKind ? ctx.Reader.ReadSingle() : 0;
        float? minimum = ctx.Header.ModelVerWritten >= VersionWithCosines && ctx.Reader.ReadBoolean() ? ctx.Reader.ReadSingle() : null;
        try
        {
            return ClipZeroShotClassifier.FromUnitWeights(labels, weights, logitScale, scoreKind, bias, minimum);
        }
        catch (ArgumentException e)
        {
            throw host.ExceptDecode(e, $"The saved zero-shot classifier cannot be used: {e.Message}");
        }
    }

    private static ImageSettings CreateSettings(ClipModel model, int batchSize, string? folder, ClipOnInvalidImage onInvalidImage) =>
        new(model, ClipFeatures.JointEmbedding, Normalize: true, batchSize, folder, onInvalidImage);
}
