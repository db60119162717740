namespace Microsoft.ML.Clip;

/// <summary>What a plan fixes besides its inputs and its model. Whoever changes any of it makes another plan.</summary>
public sealed record ClipShardPlanOptions
{
    private const int MostCharacters = 4_096;

    /// <summary>The rows of a shard; the last one has the rest. What is lost when a worker is killed, and what an engine schedules.</summary>
    /// <value>Default: 10,000, as img2dataset has it: some minutes of a processor. From 1 to 10,000,000.</value>
    public int RowsPerShard { get; init; } = 10_000;

    /// <summary>
    /// The images that are encoded together: row i of a shard stands in batch i / <see cref="BatchSize"/> on every machine, as the last bits of an embedding
    /// depend on its batch.
    /// </summary>
    /// <value>Default: 16, as <see cref="ClipModelOptions.BatchSize"/>; a GPU may want 64 or more. From 1 to 4,096.</value>
    public int BatchSize { get; init; } = 16;

    /// <summary>Whether embeddings are stored in half precision, as clip-retrieval does.</summary>
    /// <value>Default: <see langword="true"/>; float32 takes twice the space.</value>
    public bool Half { get; init; } = true;

    /// <summary>Whether embeddings are divided by their Euclidean norm, so that scalar products are cosines.</summary>
    /// <value>Default: <see langword="true"/>, as clip-retrieval does.</value>
    public bool Normalize { get; init; } = true;

    /// <summary>Whether captions are embedded, too. A row without one has no text embedding and counts as failed.</summary>
    /// <value>Default: <see langword="false"/>; captions go into the metadata in any case.</value>
    public bool Texts { get; init; }

    /// <summary>Whether workers refuse inputs whose time of writing is not the plan's. Their length is compared in any case.</summary>
    /// <value>Default: <see langword="true"/>. A copy that did not keep the times needs <see langword="false"/>.</value>
    public bool CheckTimes { get; init; } = true;

    /// <summary>
    /// What the model is called, for whoever starts workers: the plan knows it by its hash, by which nobody finds it. A directory, a hub's id with the commit,
    /// or whatever they understand; 1 to 4,096 characters. It is kept as it is, and is not part of the fingerprint: where the same plan is there already, that
    /// one's stays.
    /// </summary>
    /// <value>Default: <see langword="null"/>, the plan does not say.</value>
    public string? ModelName { get; init; }

    /// <summary>Which of several exports of <see cref="ModelName"/> it is, as <see cref="ClipModelOptions.Variant"/>; likewise not part of the fingerprint.</summary>
    /// <value>Default: <see langword="null"/>, the one without a name.</value>
    public string? ModelVariant { get; init; }

    internal void Validate()
    {
        if (Problem() is var (name, problem))
        {
            throw new ArgumentOutOfRangeException(name, $"{name} {problem}");
        }
    }

    /// <summary>The first option that cannot be, and what it is and should be; null if there is none.</summary>
    internal (string Name, string Problem)? Problem() =>
        Outside(RowsPerShard, 10_000_000, nameof(RowsPerShard)) ?? Outside(BatchSize, 4_096, nameof(BatchSize))
            ?? Unfit(ModelName, nameof(ModelName)) ?? Unfit(ModelVariant, nameof(ModelVariant));

    private static (string, string)? Outside(int found, int most, string name) =>
        found >= 1 && found <= most ? null : (name, FormattableString.Invariant($"is {found:N0}; expected 1 to {most:N0}."));

    private static (string, string)? Unfit(string? text, string name) =>
        text is null or { Length: > 0 and <= MostCharacters } ? null
            : (name, FormattableString.Invariant($"has {text.Length:N0} characters; expected 1 to {MostCharacters:N0}."));
}
