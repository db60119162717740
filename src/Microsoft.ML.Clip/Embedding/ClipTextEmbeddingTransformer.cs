using Microsoft.ML;
using Microsoft.ML.Clip;
using Microsoft.ML.Data;
using Microsoft.ML.Runtime;

[assembly: LoadableClass(typeof(ClipTextEmbeddingTransformer), null, typeof(SignatureLoadModel), "CLIP text embedding", ClipTextEmbeddingTransformer.LoaderSignature)]

namespace Microsoft.ML.Clip;

/// <summary>What <see cref="ClipTextEmbeddingEstimator"/> fits, and what it says of the columns holds here.</summary>
public sealed class ClipTextEmbeddingTransformer : ClipTransformer
{
    internal const string LoaderSignature = "ClipTextEmbedding";

    private static readonly StepFormat Format = new(typeof(ClipTextEmbeddingTransformer), "CLIPTEMB", LoaderSignature);

    // A batch of rows holds several of the encoder's, so that texts of like length can go together.
    private const int EncoderBatches = 4;

    private readonly ClipModel _model;
    private readonly ClipOnTooLong _onTooLong;
    private readonly int _batchSize;

    internal ClipTextEmbeddingTransformer(IHostEnvironment env, string outputColumnName, string inputColumnName, ClipModel model,
        ClipTextEmbeddingOptions options)
        : this(Contracts.CheckRef(env, nameof(env)).Register(nameof(ClipTextEmbeddingTransformer)), outputColumnName, inputColumnName, model,
            model.AddReference(), options.Normalize, options.OnTooLong, options.BatchSize ?? model.Options.BatchSize)
    {
    }

    private ClipTextEmbeddingTransformer(IHost host, string outputColumnName, string inputColumnName, ClipModel model, IDisposable share,
        bool normalize, ClipOnTooLong onTooLong, int batchSize) : base(host, model, share)
    {
        Require.Defined<ClipOnTooLong>(onTooLong, nameof(ClipTextEmbeddingOptions.OnTooLong));
        Host.CheckNonEmpty(outputColumnName, nameof(outputColumnName));
        Host.CheckNonEmpty(inputColumnName, nameof(inputColumnName));
        (OutputColumnName, InputColumnName, _model) = (outputColumnName, inputColumnName, model);
        (Normalize, _onTooLong, _batchSize) = (normalize, onTooLong, batchSize);
        SavedNumbers.CheckBatch(Host, batchSize, ValuesPerRow(model), nameof(ClipTextEmbeddingOptions.BatchSize));
    }

    internal string OutputColumnName { get; }

    internal string InputColumnName { get; }

    internal bool Normalize { get; }

    // SignatureLoadModel
    private static ClipTextEmbeddingTransformer Create(IHostEnvironment env, ModelLoadContext ctx) => Format.Load(env, ctx, Read);

    private static ClipTextEmbeddingTransformer Read(IHost host, ModelLoadContext ctx)
    {
        string output = ctx.LoadNonEmptyString();
        string input = ctx.LoadNonEmptyString();
        bool normalize = ctx.Reader.ReadBoolean();
        int batchSize = ctx.Reader.ReadInt32();
        var onTooLong = ctx.ReadChoice<ClipOnTooLong>(host);
        var model = ModelPersistence.Load(host, ctx, out var share);
        batchSize = SavedNumbers.LimitBatch(batchSize, ValuesPerRow(model));
        return new ClipTextEmbeddingTransformer(host, output, input, model, share, normalize, onTooLong, batchSize);
    }

    // Fails here, and not at the first row, if the model has no text encoder or no tokenizer.
    private static long ValuesPerRow(ClipModel model)
    {
        model.CheckTextEncoder();
        return EncoderBatches * Math.Max(model.ContextLength, model.EmbeddingDimension);
    }

    private protected override void SaveModel(ModelSaveContext ctx)
    {
        // *** Binary format ***
        // string: output column, string: input column
        // bool: normalize, int: batch size, int: what to do with texts that are too long
        // the model (ModelPersistence)
        Format.Begin(ctx);
        ctx.SaveNonEmptyString(OutputColumnName);
        ctx.SaveNonEmptyString(InputColumnName);
        ctx.Writer.Write(Normalize);
        ctx.Writer.Write(_batchSize);
        ctx.Writer.Write((int)_onTooLong);
        ModelPersistence.Save(Host, ctx, _model, image: false, text: true);
    }

    private protected override BatchMapper Bind(DataViewSchema schema)
    {
        var input = ColumnChecks.Find(Host, schema, InputColumnName);
        if (input.Type is not TextDataViewType)
        {
            throw ColumnChecks.WrongType(Host, input.Name, "text", input.Type.ToString());
        }
        var output = EmbeddingColumn.Create(OutputColumnName, _model.EmbeddingDimension, Normalize);
        var reader = new ContextReader(_model.Tokenizer, _model.ContextLength, _onTooLong);
        var stages = new RowStages<ReadOnlyMemory<char>, int>(_model.ContextLength, reader.Read, _model.EmbeddingDimension,
            new(_model.TextEncoder(Normalize, _batchSize)));
        return new BatchMapper<ReadOnlyMemory<char>>(input, new([output], (_, values) => VectorColumn.MakeGetter(values)), _batchSize * EncoderBatches,
            capacity => new StagedRowWork<ReadOnlyMemory<char>, int>(stages, head: null, capacity), _model.Share);
    }
}
