using Microsoft.Extensions.AI;

namespace Microsoft.ML.Clip;

/// <summary>A <see cref="ClipModel"/> as the embedding generators of Microsoft.Extensions.AI.</summary>
/// <remarks>
/// <para>Embeddings have unit length, so scalar products are cosines, and texts and images of one model are in one space.</para>
/// <para>Generators are thread-safe. They embed in batches on threads of the pool, never on the caller's, and can be cancelled between two batches. Disposing
/// one does nothing: the model stays the caller's, and has to live as long as they do.</para>
/// <para><see cref="IEmbeddingGenerator.GetService"/> gives <see cref="EmbeddingGeneratorMetadata"/> (provider <c>microsoft.ml.clip</c>) and the
/// <see cref="ClipModel"/>.</para>
/// <para>What a caller asks for and does not get is an error, as it would otherwise end in a database: <see cref="EmbeddingGenerationOptions.Dimensions"/> other
/// than <see cref="ClipModel.EmbeddingDimension"/>, a <see cref="EmbeddingGenerationOptions.ModelId"/> other than that of the generator:
/// <see cref="NotSupportedException"/>. Other options mean nothing to a local model.</para>
/// </remarks>
public static class ClipEmbeddingGeneratorExtensions
{
    /// <summary>Embeds texts, each cut to <see cref="ClipModel.ContextLength"/> tokens as the reference does.</summary>
    /// <remarks>
    /// <see cref="GeneratedEmbeddings{TEmbedding}.Usage"/> counts the tokens that the encoder sees of each text, start and end included. An empty text is a text,
    /// too; <see langword="null"/> is an <see cref="ArgumentException"/> that names its place.
    /// </remarks>
    /// <param name="clip">The model; stays the caller's.</param>
    /// <param name="modelId">What the model is called in metadata, in embeddings and in spans; <see langword="null"/> leaves it without a name.</param>
    /// <returns>The generator.</returns>
    /// <exception cref="ArgumentException">The id is empty.</exception>
    /// <exception cref="InvalidOperationException">The model has no text encoder.</exception>
    public static IEmbeddingGenerator<string, Embedding<float>> AsTextEmbeddingGenerator(this ClipModel clip, string? modelId = null)
    {
        Check(clip, modelId);
        Require(clip.HasTextEncoder, "text");
        return new TextGenerator(clip, modelId);
    }

    /// <summary>Embeds images: the bytes of files, JPEG, PNG, GIF, WebP, BMP or ICO, also out of data URIs.</summary>
    /// <remarks>
    /// A media type that is neither an image's nor <c>application/octet-stream</c> is an <see cref="ArgumentException"/>, an image that cannot be read a
    /// <see cref="ClipImageException"/>; both name the place in the list and <see cref="DataContent.Name"/>. There are no tokens, and so no
    /// <see cref="GeneratedEmbeddings{TEmbedding}.Usage"/>.
    /// </remarks>
    /// <param name="clip">The model; stays the caller's. For images from strangers load it with <see cref="ClipImagePreprocessorOptions.MaximumPixels"/>.</param>
    /// <param name="modelId">What the model is called in metadata, in embeddings and in spans; <see langword="null"/> leaves it without a name.</param>
    /// <returns>The generator.</returns>
    /// <exception cref="ArgumentException">The id is empty.</exception>
    /// <exception cref="InvalidOperationException">The model has no image encoder.</exception>
    public static IEmbeddingGenerator<DataContent, Embedding<float>> AsImageEmbeddingGenerator(this ClipModel clip, string? modelId = null)
    {
        Check(clip, modelId);
        Require(clip.HasImageEncoder, "image");
        return new ImageGenerator(clip, modelId);
    }

    /// <summary>
    /// Embeds texts (<see cref="string"/>) and images (<see cref="DataContent"/>), mixed as they come: for vector stores, whose collections can then be searched by
    /// words and by a picture.
    /// </summary>
    /// <remarks>
    /// <para>As its input is <see cref="object"/>, it is a generator of texts and one of images as well, and stays both behind <c>UseDistributedCache</c>,
    /// <c>UseOpenTelemetry</c> and their like. A value of another type is an <see cref="ArgumentException"/>.</para>
    /// <para>Microsoft.Extensions.VectorData tries a generator of texts first when records are written. Where they hold images describe the property as
    /// <c>VectorStoreVectorProperty&lt;DataContent&gt;</c>, or as <c>VectorStoreVectorProperty&lt;object&gt;</c> for either kind.</para>
    /// </remarks>
    /// <param name="clip">The model; stays the caller's.</param>
    /// <param name="modelId">What the model is called in metadata, in embeddings and in spans; <see langword="null"/> leaves it without a name.</param>
    /// <returns>The generator.</returns>
    /// <exception cref="ArgumentException">The id is empty.</exception>
    /// <exception cref="InvalidOperationException">The model has only one encoder.</exception>
    public static IEmbeddingGenerator<object, Embedding<float>> AsEmbeddingGenerator(this ClipModel clip, string? modelId = null)
    {
        Check(clip, modelId);
        Require(clip.HasTextEncoder, "text");
        Require(clip.HasImageEncoder, "image");
        return new JointGenerator(clip, modelId);
    }

    private static void Check(ClipModel clip, string? modelId)
    {
        ArgumentNullException.ThrowIfNull(clip);
        if (modelId is not null)
        {
            ArgumentException.ThrowIfNullOrWhiteSpace(modelId);
        }
    }

    private static void Require(bool isThere, string tower)
    {
        if (!isThere)
        {
            throw new InvalidOperationException($"The CLIP model has no {tower} encoder that can be used. If it should have one, {nameof(ClipModel)}.{nameof(ClipModel.Message)} says why.");
        }
    }
}
