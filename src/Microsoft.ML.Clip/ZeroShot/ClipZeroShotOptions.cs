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
}
