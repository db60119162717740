using Microsoft.Extensions.AI;

namespace Microsoft.ML.Clip;

/// <summary>What all generators do: check what is asked for, leave the caller's thread, and say what came out of which model.</summary>
internal abstract class ClipGenerator<TInput>(ClipModel clip, string? modelId) : IEmbeddingGenerator<TInput, Embedding<float>>
    where TInput : class
{
    // As OpenTelemetry writes providers.
    private const string ProviderName = "microsoft.ml.clip";

    private EmbeddingGeneratorMetadata? _metadata;

    protected ClipModel Clip => clip;

    // Made when asked for: where a graph does not tell the length of its embeddings, finding out runs the encoder.
    private EmbeddingGeneratorMetadata Metadata => _metadata ??= new(ProviderName, providerUri: null, modelId, clip.EmbeddingDimension);

    public async Task<GeneratedEmbeddings<Embedding<float>>> GenerateAsync(IEnumerable<TInput> values, EmbeddingGenerationOptions? options = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(values);
        CheckOptions(options);
        cancellationToken.ThrowIfCancellationRequested();
        // Here and not on the pool: the list may be lazy, and whoever made it may go on with it.
        TInput[] inputs = [.. values];
        int missing = Array.IndexOf(inputs, null);
        if (missing >= 0)
        {
            throw new ArgumentException($"values[{missing}] is null.", nameof(values));
        }
        if (inputs.Length == 0)
        {
            return [];
        }
        var (vectors, tokens) = await Task.Run(() => Embed(inputs, cancellationToken), cancellationToken).ConfigureAwait(false);
        var now = DateTimeOffset.UtcNow;
        return new(vectors.Select(vector => new Embedding<float>(vector) { CreatedAt = now, ModelId = modelId }))
        {
            Usage = tokens is { } count ? new() { InputTokenCount = count, TotalTokenCount = count } : null,
        };
    }

    public object? GetService(Type serviceType, object? serviceKey = null)
    {
        ArgumentNullException.ThrowIfNull(serviceType);
        return serviceKey is not null ? null
            : serviceType == typeof(EmbeddingGeneratorMetadata) ? Metadata
            : serviceType == typeof(ClipModel) ? clip
            : serviceType.IsInstanceOfType(this) ? this : null;
    }

    public void Dispose()
    {
        // The model is its owner's.
    }

    /// <summary>Embeds values, of which none is null and at least one there.</summary>
    /// <returns>A vector for each, and how many tokens there were, if any of them was a text.</returns>
    protected abstract (float[][] Vectors, long? Tokens) Embed(TInput[] inputs, CancellationToken cancellationToken);

    private void CheckOptions(EmbeddingGenerationOptions? options)
    {
        if (options?.Dimensions is { } dimensions && dimensions != clip.EmbeddingDimension)
        {
            throw new NotSupportedException(
                $"Embeddings of {dimensions} values were asked for ({nameof(EmbeddingGenerationOptions)}.{nameof(options.Dimensions)}), but this CLIP model makes {clip.EmbeddingDimension}, which cannot be cut.");
        }
        if (options?.ModelId is { } asked && asked != modelId)
        {
            throw new NotSupportedException($"The model '{asked}' was asked for ({nameof(EmbeddingGenerationOptions)}.{nameof(options.ModelId)}), but this generator has "
                + (modelId is null ? "one without a name: give it one where the generator is made." : $"'{modelId}'."));
        }
    }
}
