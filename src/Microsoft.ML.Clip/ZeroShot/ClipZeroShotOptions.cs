using System.Text;

namespace Microsoft.ML.Clip;

/// <summary>Settings of <see cref="ClipZeroShotEstimator"/>.</summary>
public sealed record ClipZeroShotOptions
{
    /// <summary>The column of class probabilities.</summary>
    /// <value>Default: <c>Score</c>, where ML.NET's evaluators look.</value>
    public string ScoreColumnName { get; init; } = "Score";

    /// <summary>The column of the most probable class.</summary>
    /// <value>Default: <c>PredictedLabel</c>, where ML.NET's evaluators look.</value>
    public string PredictedLabelColumnName { get; init; } = "PredictedLabel";

    /// <summary>
    /// A column of cosines between the image and each class, -1 to 1, with the labels as slot names. Scores compare the classes with each other, and one of
    /// them is high for any image; the cosines tell how near the nearest is.
    /// </summary>
    /// <value>Default: <see langword="null"/>, no such column.</value>
    public string? CosineColumnName { get; init; }

    /// <summary>
    /// The cosine below which an image belongs to no class: if that of the predicted class is lower, the predicted label is missing (key 0). Scores stay as
    /// they are, and evaluators, which go by them, do not see it. What is low differs from model to model (OpenAI's give fitting prompts about 0.2 to
    /// 0.35): look at the cosines of images of both kinds.
    /// </summary>
    /// <value>Default: <see langword="null"/>, every image belongs to the nearest class. Otherwise -1 to 1.</value>
    public float? MinimumCosine { get; init; }

    /// <summary>
    /// What <c>Fit</c> does with a prompt that has more tokens than the model's context: cut it, with a warning that names the label, or stop with an error
    /// that does. OpenAI's <c>clip.tokenize</c> stops, open_clip's tokenizer cuts without a word. Not saved: there are no prompts after <c>Fit</c>.
    /// </summary>
    /// <value>Default: <see cref="ClipOnTooLong.Truncate"/>, as of all texts.</value>
    public ClipOnTooLong OnTooLong { get; init; } = ClipOnTooLong.Truncate;

    /// <summary>exp(t), by which cosines are multiplied before the softmax.</summary>
    /// <value>Default: <see langword="null"/>, the model's <see cref="ClipModel.LogitScale"/>.</value>
    public float? LogitScale { get; init; }

    /// <summary>How many rows are computed at once.</summary>
    /// <value>Default: <see langword="null"/>, the model's <see cref="ClipModelOptions.BatchSize"/>.</value>
    public int? BatchSize { get; init; }

    /// <summary>Where relative paths start, if the input column holds paths.</summary>
    /// <value>Default: <see langword="null"/>, the process's current directory.</value>
    public string? ImageFolder { get; init; }

    /// <summary>What to do with a row whose image is missing or cannot be read, if the input column holds images.</summary>
    /// <value>Default: <see cref="ClipOnInvalidImage.Throw"/>.</value>
    public ClipOnInvalidImage OnInvalidImage { get; init; } = ClipOnInvalidImage.Throw;

    /// <summary>
    /// A column of texts that says why a row failed, where <see cref="OnInvalidImage"/> is <see cref="ClipOnInvalidImage.Missing"/>: empty where all is well,
    /// otherwise the cause, with the file's path if there is one.
    /// </summary>
    /// <value>Default: <see langword="null"/>, no such column; the first 20 failures are logged, with their row, and the others counted.</value>
    public string? ErrorColumnName { get; init; }

    /// <summary>
    /// Told how many prompts <c>Fit</c> has embedded, labels times templates in all; about once a second, and at the end. Not saved.
    /// </summary>
    /// <value>Default: <see langword="null"/>, nobody.</value>
    public IProgress<ClipProgress>? Progress { get; init; }

    /// <summary>
    /// Ends <c>Fit</c>, which embeds labels times templates, between two runs of the text encoder, with an <see cref="OperationCanceledException"/>: ML.NET's
    /// <c>Fit</c> takes no token of its own. It ends nothing after <c>Fit</c>. Not saved.
    /// </summary>
    /// <value>Default: <see cref="CancellationToken.None"/>.</value>
    public CancellationToken CancellationToken { get; init; }

    /// <summary>
    /// Whether labels may be equal. OpenAI's own list of ImageNet's 1,000 classes has "missile" and "sunglasses" twice: with this, classes go by their number,
    /// as in the paper's figures. Equal labels get equal scores, of which the first wins.
    /// </summary>
    /// <value>Default: <see langword="false"/>: equal labels are refused, as they are mostly a mistake.</value>
    public bool AllowRepeatedLabels { get; init; }

    private bool PrintMembers(StringBuilder builder) => RecordText.Append(builder, this);
}
