using Microsoft.Extensions.AI;

namespace Microsoft.ML.Clip.Tests;

/// <summary>Counts calls, and the values in them.</summary>
internal sealed class CountingGenerator<TInput>(IEmbeddingGenerator<TInput, Embedding<float>> inner)
    : DelegatingEmbeddingGenerator<TInput, Embedding<float>>(inner)
{
    public int Calls { get; private set; }

    public int Values { get; private set; }

    public override Task<GeneratedEmbeddings<Embedding<float>>> GenerateAsync(IEnumerable<TInput> values, EmbeddingGenerationOptions? options = null,
        CancellationToken cancellationToken = default)
    {
        TInput[] all = [.. values];
        Calls++;
        Values += all.Length;
        return base.GenerateAsync(all, options, cancellationToken);
    }
}
