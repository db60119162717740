namespace Microsoft.ML.Clip;

/// <summary>What a plan fixes besides its inputs and its model. Whoever changes any of it makes another plan.</summary>
public sealed record ClipShardPlanOptions
{
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

    internal void Validate()
    {
        Require(RowsPerShard, 1, 10_000_000, nameof(RowsPerShard));
        Require(BatchSize, 1, 4_096, nameof(BatchSize));

        static void Require(int found, int least, int most, string name)
        {
            if (found < least || found > most)
            {
                throw new ArgumentOutOfRangeException(name, FormattableString.Invariant($"{name} is {found:N0}; expected {least:N0} to {most:N0}."));
            }
        }
    }
}
