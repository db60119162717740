using Microsoft.ML.Data;
using Microsoft.ML.Runtime;

namespace Microsoft.ML.Clip;

/// <summary>
/// Classifies images without training: an image belongs to the class whose prompts lie nearest in the joint space.
/// </summary>
/// <remarks>
/// <list type="table">
/// <listheader><term>Column</term><description>Type and meaning</description></listheader>
/// <item><term>input</term><description>An embedding (vector of <see cref="float"/> from <see cref="ClipImageEmbeddingEstimator"/>; need not be of unit
/// length), or images: <see cref="MLImage"/>, text (a file's path) or a vector of bytes (an encoded file).</description></item>
/// <item><term><c>Score</c></term><description>Vector of <see cref="float"/>, one per label, in [0, 1] with sum 1: softmax(logit scale × cosine).
/// Slot names are the labels.</description></item>
/// <item><term><c>PredictedLabel</c></term><description>Key (1 to the number of labels; 0 is missing) whose key values are the labels.</description></item>
/// <item><term>cosines</term><description>Vector of <see cref="float"/>, if <see cref="ClipZeroShotOptions.CosineColumnName"/> asks for it: the cosine
/// between the image and each class, -1 to 1. Slot names are the labels.</description></item>
/// <item><term>errors</term><description>Text, if <see cref="ClipZeroShotOptions.ErrorColumnName"/> asks for it: why the row failed, or
/// empty.</description></item>
/// </list>
/// <para><c>Fit</c> embeds the prompts and keeps one vector per class (the prompt ensemble of section 3.1.4 of the paper), so the transformer, and what
/// is saved of it, needs no text encoder; if its input is an embedding, it needs no encoder at all.</para>
/// <para><c>mlContext.MulticlassClassification.Evaluate</c> compares keys by number: map the true labels with the same labels in the same order, by
/// <see cref="ClipCatalog.ClipLabelKey"/>. <c>Fit</c> warns if it finds a label column whose keys mean something else.</para>
/// <para><c>Fit</c> also warns of labels that become the same tokens and so get equal scores ("cat" and "Cat"), of prompts that are cut at the model's context
/// length (<see cref="ClipZeroShotOptions.OnTooLong"/>), and of labels in a script of which the model's vocabulary has no words.</para>
/// </remarks>
public sealed class ClipZeroShotEstimator : IEstimator<ClipZeroShotTransformer>
{
    private readonly IHost _host;
    private readonly string _inputColumnName;
    private readonly ClipModel _model;
    private readonly string[] _labels;
    private readonly string[] _templates;
    private readonly ClipZeroShotOptions _options;
    private readonly SaidOnce _said = new();

    internal ClipZeroShotEstimator(IHostEnvironment env, string inputColumnName, ClipModel model, IReadOnlyList<string> labels,
        IReadOnlyList<string> templates, ClipZeroShotOptions options)
    {
        Contracts.CheckValue(env, nameof(env));
        _host = env.Register(nameof(ClipZeroShotEstimator));
        _host.CheckNonEmpty(inputColumnName, nameof(inputColumnName));
        ZeroShotNames.Of(options).Check(_host);
        _host.CheckUserArg(options.ScoreColumnName != options.PredictedLabelColumnName, nameof(options.PredictedLabelColumnName),
            $"'{options.PredictedLabelColumnName}' is the name of another output of the step");
        _host.CheckUserArg(options.BatchSize is null or > 0, nameof(options.BatchSize), "must be positive");
        _host.CheckUserArg(options.LogitScale is null || (float.IsFinite(options.LogitScale.Value) && options.LogitScale > 0), nameof(options.LogitScale), "must be a positive number");
        Require.Defined<ClipOnInvalidImage>(options.OnInvalidImage, nameof(options.OnInvalidImage));
        ClipZeroShotClassifier.CheckMinimum(options.MinimumCosine);
        ClipZeroShotClassifier.CheckChoice(options.OnTooLong);
        ClipZeroShotClassifier.Check(labels, templates, options.AllowRepeatedLabels);
        model.CheckTextEncoder();
        (_inputColumnName, _model, _labels, _templates, _options) = (inputColumnName, model, [.. labels], [.. templates], options);
    }

    /// <inheritdoc/>
    /// <exception cref="ArgumentOutOfRangeException">The input column is missing, or holds neither images nor embeddings of the model's dimension.</exception>
    /// <exception cref="ArgumentException">A prompt is longer than the model's context, and <see cref="ClipZeroShotOptions.OnTooLong"/> says not to cut it.</exception>
    /// <exception cref="OperationCanceledException"><see cref="ClipZeroShotOptions.CancellationToken"/> ended it.</exception>
    public ClipZeroShotTransformer Fit(IDataView input)
    {
        _host.CheckValue(input, nameof(input));
        var column = ColumnChecks.Find(_host, input.Schema, _inputColumnName);
        ZeroShotColumns.CheckInput(_host, column, _model.EmbeddingDimension);
        // Before the prompts open the text encoder: it runs where this MLContext says.
        ModelMessages.Connect(_host, _model);
        var images = ImageColumn.IsImage(column.Type) ? _model : null;
        int batchSize = _options.BatchSize ?? _model.Options.BatchSize;
        var transformer = new ClipZeroShotTransformer(_host, _inputColumnName, images, EmbedPrompts(), _options, batchSize, _said);
        transformer.WarnOfOtherKeys(input.Schema);
        return transformer;
    }

    /// <inheritdoc/>
    /// <exception cref="ArgumentOutOfRangeException">The input column is missing, or holds neither images nor embeddings.</exception>
    public SchemaShape GetOutputSchema(SchemaShape inputSchema)
    {
        _host.CheckValue(inputSchema, nameof(inputSchema));
        var column = ColumnChecks.Find(_host, inputSchema, _inputColumnName);
        ZeroShotColumns.CheckInput(_host, column);
        return ZeroShotColumns.AddTo(inputSchema, ZeroShotNames.Of(_options));
    }

    private void Warn(string message) => _said.Warn(_host, message);

    private ClipZeroShotClassifier EmbedPrompts()
    {
        long prompts = (long)_labels.Length * _templates.Length;
        var meter = _options.Progress is { } progress
            ? new ProgressMeter(progress, ProgressMeter.DefaultInterval, new() { Done = 0, Total = prompts, Elapsed = TimeSpan.Zero, Unit = "prompts" }) : null;
        try
        {
            var classifier = ClipZeroShotClassifier.CreateChecked(_model, _labels, _templates, _options, Warn, progress: null, count =>
            {
                _host.CheckAlive();
                meter?.Add(count);
            }, _options.CancellationToken);
            // Equal prompts were embedded once.
            meter?.Complete();
            return classifier;
        }
        finally
        {
            meter?.End();
        }
    }
}

/// <summary>
/// Warnings of labels, each of which is said once, however often an estimator is fitted (as by cross-validation) and its transformer used. Thread-safe.
/// </summary>
internal sealed class SaidOnce
{
    private readonly HashSet<string> _said = new(StringComparer.Ordinal);

    public void Warn(IHost host, string message)
    {
        lock (_said)
        {
            if (!_said.Add(message))
            {
                return;
            }
        }
        using var channel = host.Start("Labels");
        channel.Warning(message);
    }
}
