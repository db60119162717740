namespace Microsoft.ML.Clip;

/// <summary>Settings of <see cref="ClipImageEmbeddingEstimator"/>.</summary>
public sealed record ClipImageEmbeddingOptions
{
    /// <summary>Whether embeddings are scaled to unit length, as the paper's I_e are.</summary>
    /// <value>Default: <see langword="true"/>.</value>
    public bool Normalize { get; init; } = true;

    /// <summary>Which features to give: the joint embedding I_e, or the encoder's own I_f, on which the paper trains its linear probes.</summary>
    /// <value>Default: <see cref="ClipFeatures.JointEmbedding"/>.</value>
    public ClipFeatures Features { get; init; } = ClipFeatures.JointEmbedding;

    /// <summary>How many images go through the encoder at once.</summary>
    /// <value>Default: <see langword="null"/>, the model's <see cref="ClipModelOptions.BatchSize"/>.</value>
    public int? BatchSize { get; init; }

    /// <summary>
    /// Whether row i stands in batch i / <see cref="BatchSize"/>, whatever the machine: every batch but the last is a whole one. The last bits of an embedding
    /// depend on the rows that it is computed with, and so the same rows give the same bits only if they are computed together again.
    /// </summary>
    /// <value>
    /// Default: <see langword="false"/>, the first batches are small, so that no core waits for the first whole one, and the last are of one size. Not saved
    /// with the step.
    /// </value>
    public bool WholeBatches { get; init; }

    /// <summary>Whether JPEGs are turned as their EXIF orientation says.</summary>
    /// <value>
    /// Default: <see langword="null"/>, as the model: under <see cref="ClipImageConvention.HuggingFace"/> yes, under <see cref="ClipImageConvention.OpenAI"/>
    /// no, with a warning; see <see cref="ClipImagePreprocessorOptions.ApplyExifOrientation"/>. What held is saved with the step.
    /// </value>
    public bool? ApplyExifOrientation { get; init; }

    /// <summary>Where relative paths start, if the input column holds paths.</summary>
    /// <value>Default: <see langword="null"/>, the process's current directory.</value>
    public string? ImageFolder { get; init; }

    /// <summary>What to do with a row whose image is missing or cannot be read.</summary>
    /// <value>Default: <see cref="ClipOnInvalidImage.Throw"/>.</value>
    public ClipOnInvalidImage OnInvalidImage { get; init; } = ClipOnInvalidImage.Throw;

    /// <summary>
    /// A column of texts that says why a row failed, where <see cref="OnInvalidImage"/> is <see cref="ClipOnInvalidImage.Missing"/>: empty where all is well,
    /// otherwise the cause, with the file's path if there is one.
    /// </summary>
    /// <value>Default: <see langword="null"/>, no such column; the first 20 failures are logged, with their row, and the others counted.</value>
    public string? ErrorColumnName { get; init; }
}
