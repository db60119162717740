using System.Buffers;
using System.Runtime.CompilerServices;
using Microsoft.ML.Data;

namespace Microsoft.ML.Clip;

/// <content>Embedding images without ML.NET's pipelines.</content>
public sealed partial class ClipModel
{
    /// <summary>Embeds one image.</summary>
    /// <param name="image">A file's path, its bytes, a stream of them, or a decoded image; stays the caller's.</param>
    /// <param name="normalize">Whether the embedding is divided by its Euclidean norm, so that scalar products are cosines.</param>
    /// <returns>I_e: <see cref="EmbeddingDimension"/> values.</returns>
    /// <exception cref="ArgumentException">There is no image.</exception>
    /// <exception cref="ClipImageException">The image cannot be read; the message says why.</exception>
    /// <exception cref="ClipEncodingException">The encoder gave no usable embedding.</exception>
    /// <exception cref="InvalidOperationException">The model has no image encoder, or ONNX Runtime failed.</exception>
    /// <exception cref="ObjectDisposedException">The model is disposed.</exception>
    public float[] EncodeImage(ClipImageSource image, bool normalize = true) => EncodeImages((IReadOnlyList<ClipImageSource>)[image], normalize)[0];

    /// <summary>
    /// Embeds images: preprocessing in parallel, encoding in batches of <see cref="ClipModelOptions.BatchSize"/>,
    /// <see cref="ClipModelOptions.ConcurrentBatches"/> of them at the same time.
    /// </summary>
    /// <param name="images">The images; they stay the caller's.</param>
    /// <param name="normalize">Whether each embedding is divided by its Euclidean norm, so that scalar products are cosines.</param>
    /// <param name="progress">Told after each batch how many images are done, from the threads that encode.</param>
    /// <param name="cancellationToken">Ends the work between two batches, or while one is prepared.</param>
    /// <returns>One array of <see cref="EmbeddingDimension"/> values for each image, in order.</returns>
    /// <exception cref="ArgumentException">An image is <see langword="null"/>; the message gives its index.</exception>
    /// <exception cref="ClipImageException">An image cannot be read; the message gives its index.</exception>
    /// <exception cref="ClipEncodingException">The encoder gave no usable embedding for an image.</exception>
    /// <exception cref="InvalidOperationException">The model has no image encoder, or ONNX Runtime failed.</exception>
    /// <exception cref="ObjectDisposedException">The model is disposed.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    [OverloadResolutionPriority(1)] // so that an empty list, which could be any of them, compiles
    public float[][] EncodeImages(IReadOnlyList<MLImage> images, bool normalize = true, IProgress<int>? progress = null,
        CancellationToken cancellationToken = default)
    {
        Require.NoNulls(images);
        return EncodeImages(new(images.Count, i => images[i]), nameof(images), normalize, progress, cancellationToken);
    }

    /// <summary>Embeds image files. Reading and decoding happen in parallel, inside the batches.</summary>
    /// <param name="paths">The files: JPEG, PNG, GIF, WebP, BMP or ICO.</param>
    /// <param name="normalize">Whether each embedding is divided by its Euclidean norm, so that scalar products are cosines.</param>
    /// <param name="progress">Told after each batch how many images are done, from the threads that encode.</param>
    /// <param name="cancellationToken">Ends the work between two batches, or while one is prepared.</param>
    /// <inheritdoc cref="EncodeImages(IReadOnlyList{MLImage}, bool, IProgress{int}?, CancellationToken)"/>
    public float[][] EncodeImages(IReadOnlyList<string> paths, bool normalize = true, IProgress<int>? progress = null,
        CancellationToken cancellationToken = default)
    {
        Require.NoNulls(paths);
        return EncodeImages(new(paths.Count, i => paths[i]), nameof(paths), normalize, progress, cancellationToken);
    }

    /// <summary>Embeds image files that are in memory. Decoding happens in parallel, inside the batches.</summary>
    /// <param name="files">The bytes of the files.</param>
    /// <param name="normalize">Whether each embedding is divided by its Euclidean norm, so that scalar products are cosines.</param>
    /// <param name="progress">Told after each batch how many images are done, from the threads that encode.</param>
    /// <param name="cancellationToken">Ends the work between two batches, or while one is prepared.</param>
    /// <inheritdoc cref="EncodeImages(IReadOnlyList{MLImage}, bool, IProgress{int}?, CancellationToken)"/>
    public float[][] EncodeImages(IReadOnlyList<byte[]> files, bool normalize = true, IProgress<int>? progress = null,
        CancellationToken cancellationToken = default)
    {
        Require.NoNulls(files);
        return EncodeImages(new(files.Count, i => files[i]), nameof(files), normalize, progress, cancellationToken);
    }

    /// <summary>Embeds image files from streams, which are read in parallel.</summary>
    /// <param name="streams">Streams of the bytes of the files, each read from where it stands to its end; they are not closed.</param>
    /// <param name="normalize">Whether each embedding is divided by its Euclidean norm, so that scalar products are cosines.</param>
    /// <param name="progress">Told after each batch how many images are done, from the threads that encode.</param>
    /// <param name="cancellationToken">Ends the work between two batches, or while one is prepared.</param>
    /// <inheritdoc cref="EncodeImages(IReadOnlyList{MLImage}, bool, IProgress{int}?, CancellationToken)"/>
    public float[][] EncodeImages(IReadOnlyList<Stream> streams, bool normalize = true, IProgress<int>? progress = null,
        CancellationToken cancellationToken = default)
    {
        Require.NoNulls(streams);
        return EncodeImages(new(streams.Count, i => streams[i]), nameof(streams), normalize, progress, cancellationToken);
    }

    /// <summary>Embeds images that come in different forms.</summary>
    /// <param name="images">The images; they stay the caller's.</param>
    /// <param name="normalize">Whether each embedding is divided by its Euclidean norm, so that scalar products are cosines.</param>
    /// <param name="progress">Told after each batch how many images are done, from the threads that encode.</param>
    /// <param name="cancellationToken">Ends the work between two batches, or while one is prepared.</param>
    /// <inheritdoc cref="EncodeImages(IReadOnlyList{MLImage}, bool, IProgress{int}?, CancellationToken)"/>
    public float[][] EncodeImages(IReadOnlyList<ClipImageSource> images, bool normalize = true, IProgress<int>? progress = null,
        CancellationToken cancellationToken = default)
    {
        RequireSources(images);
        return EncodeImages(new(images.Count, i => images[i]), nameof(images), normalize, progress, cancellationToken);
    }

    /// <summary>Embeds images into the caller's memory, one embedding behind the other.</summary>
    /// <param name="images">The images: <c>[.. paths]</c> makes a list of sources from one of paths.</param>
    /// <param name="embeddings">Receives [images, <see cref="EmbeddingDimension"/>], row-major. After an exception some rows may be written.</param>
    /// <param name="normalize">Whether each embedding is divided by its Euclidean norm, so that scalar products are cosines.</param>
    /// <param name="progress">Told after each batch how many images are done, from the threads that encode.</param>
    /// <param name="cancellationToken">Ends the work between two batches, or while one is prepared.</param>
    /// <inheritdoc cref="EncodeImages(IReadOnlyList{MLImage}, bool, IProgress{int}?, CancellationToken)"/>
    public void EncodeImages(IReadOnlyList<ClipImageSource> images, Span<float> embeddings, bool normalize = true, IProgress<int>? progress = null,
        CancellationToken cancellationToken = default)
    {
        RequireSources(images);
        using var use = Use(byOwner: true);
        _towers.RequireImage();
        var sources = new SourceList(images.Count, i => images[i]);
        Into(embeddings, images.Count, nameof(embeddings), rows => InBatches(images.Count, ImagesAtOnce, Share.Batches, nameof(images), progress,
            cancellationToken, (first, count) => EncodeBatch(sources, nameof(images), first, normalize, rows.Slice(first, count), cancellationToken)));
    }

    // A JPEG file of 16 x 12 pixels.
    private const string TinyPhotograph =
        "/9j/4AAQSkZJRgABAQAAAQABAAD/2wBDAKBueIx4ZKCMgoy0qqC+8P//8Nzc8P//////////////////////////////////////////////////////////2wBDAaq0tPDS8P//////////////////"
        + "////////////////////////////////////////////////////////////wAARCAAMABADASIAAhEBAxEB/8QAFAABAAAAAAAAAAAAAAAAAAAAAv/EABYQAQEBAAAAAAAAAAAAAAAAAAEAAv/EABQBAQ"
        + "AAAAAAAAAAAAAAAAAAAAD/xAAWEQEBAQAAAAAAAAAAAAAAAAABAAL/2gAMAwEAAhEDEQA/AAZkZkEgizLf/9k=";

    private int ImagesAtOnce => BatchOf(Options.BatchSize, Preprocessor.PixelValueCount);

    private static void RequireSources(IReadOnlyList<ClipImageSource> images)
    {
        ArgumentNullException.ThrowIfNull(images);
        for (int i = 0; i < images.Count; i++)
        {
            if (images[i].IsEmpty)
            {
                throw new ArgumentException($"images[{i}] is null.", nameof(images));
            }
        }
    }

    private void WarmUpImages(int batchSize)
    {
        var encoder = _towers.RequireImage();
        int length = 3 * PixelHeight * PixelWidth;
        RequireBatch(batchSize, Math.Max(length, EmbeddingDimension));
        var pixels = new Rows<float>(new float[batchSize * length], length);
        var embeddings = new Rows<float>(new float[batchSize * EmbeddingDimension], EmbeddingDimension);
        var share = batchSize == 1 ? Share.Alone() : Share;
        OpenImagesAhead(ClipFeatures.JointEmbedding, normalize: true, share.IsAlone);
        // Decoder and resampling are compiled at their first use, too.
        ClipImageSource photograph = Convert.FromBase64String(TinyPhotograph);
        photograph.Preprocess(Preprocessor, pixels[0], CancellationToken.None);
        string tensor = encoder.Tensor(ClipFeatures.JointEmbedding, normalize: true);
        encoder.Encode(pixels, PixelHeight, PixelWidth, tensor, embeddings, share);
        try
        {
            EmbeddingRows.Finish(embeddings.Slice(0, 1), normalize: true, nameof(WarmUp));
        }
        catch (ClipEncodingException)
        {
            // Whatever it makes of this: nobody asks for it.
        }
    }

    private float[][] EncodeImages(SourceList images, string listName, bool normalize, IProgress<int>? progress, CancellationToken cancellationToken)
    {
        using var use = Use(byOwner: true);
        _towers.RequireImage();
        return InBatches(images.Count, ImagesAtOnce, Share.Batches, listName, progress, cancellationToken, (first, embeddings) =>
            EncodeBatch(images, listName, first, normalize, embeddings, cancellationToken));
    }

    /// <summary>Preprocesses and encodes images from <paramref name="first"/> on, as many as there are rows in <paramref name="embeddings"/>.</summary>
    private void EncodeBatch(SourceList images, string listName, int first, bool normalize, Rows<float> embeddings, CancellationToken cancellationToken)
    {
        int length = Preprocessor.PixelValueCount, count = embeddings.Count;
        float[] memory = ArrayPool<float>.Shared.Rent(checked(count * length));
        try
        {
            var share = images.Count == 1 ? Share.Alone() : Share;
            OpenImagesAhead(ClipFeatures.JointEmbedding, normalize, share.IsAlone);
            var pixelValues = new Rows<float>(memory.AsMemory(0, count * length), length);
            ParallelRows.For(count, Math.Max(1, share.PreparingThreads / share.Batches), i =>
            {
                cancellationToken.ThrowIfCancellationRequested();
                Preprocess(images.At(first + i), listName, first + i, pixelValues[i], cancellationToken);
            });
            EncodePixels(pixelValues, ClipFeatures.JointEmbedding, normalize, embeddings, share);
        }
        finally
        {
            ArrayPool<float>.Shared.Return(memory);
        }
    }

    internal void Preprocess(ClipImageSource image, string listName, int index, Span<float> pixelValues, CancellationToken cancellationToken)
    {
        try
        {
            image.Preprocess(Preprocessor, pixelValues, cancellationToken);
        }
        catch (ClipImageException e)
        {
            throw new ClipImageException($"{listName}[{index}]: {e.Message}") { Row = index, Path = e.Path, Cause = e };
        }
    }

    /// <summary>A list of images, whatever the caller's list holds; nothing is copied.</summary>
    private readonly record struct SourceList(int Count, Func<int, ClipImageSource> At);
}
