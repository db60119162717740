using System.Security.Cryptography;
using System.Text;

namespace Microsoft.ML.Clip;

/// <summary>
/// Features of many images or texts, computed once: kept in a folder, found again by the content of what they are made of, and gone on with after a stop.
/// </summary>
/// <remarks>
/// A file holds what one model (<see cref="ClipModel.ComputeContentHash"/>) gave for one block of images (by their files' SHA-256) or texts. So images may be moved, added or
/// put in another order; what is known already is read, however it is grouped now only if blocks are the same. Thread-safe; several processes may share a
/// folder.
/// </remarks>
public static class ClipLockedFeatures
{
    /// <summary>Unit features of images.</summary>
    /// <param name="model">The model with the image tower.</param>
    /// <param name="paths">The files.</param>
    /// <param name="cacheFolder">Where features are kept; <see langword="null"/> for nowhere.</param>
    /// <param name="progress">Told how many are there.</param>
    /// <param name="cancellationToken">Ends it between two batches; what was computed is kept.</param>
    /// <returns>Features of unit length, in the order of the files.</returns>
    /// <exception cref="ClipImageException">An image cannot be read; the message gives its index and path.</exception>
    /// <exception cref="InvalidOperationException">The model has no image tower.</exception>
    /// <exception cref="IOException">The folder cannot be written.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public static float[][] OfImages(ClipModel model, IReadOnlyList<string> paths, string? cacheFolder = null, IProgress<int>? progress = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(model);
        Require.NoNulls(paths);
        return FeatureCache.Compute(model, paths, "images", cacheFolder, progress, cancellationToken,
            (hash, path, place) =>
            {
                try
                {
                    using var stream = RegularFile.Open(path);
                    hash.AppendData(SHA256.HashData(stream));
                }
                catch (Exception e) when (e is IOException or UnauthorizedAccessException)
                {
                    throw new ClipImageException($"{nameof(paths)}[{place}]: '{path}' cannot be read: {e.Message}") { Row = place, Path = path };
                }
            },
            block => model.EncodeImages(block, normalize: true, progress: null, cancellationToken));
    }

    /// <summary>Unit features of texts.</summary>
    /// <param name="model">The model with the text tower.</param>
    /// <param name="texts">The texts.</param>
    /// <param name="cacheFolder">Where features are kept; <see langword="null"/> for nowhere.</param>
    /// <param name="progress">Told how many are there.</param>
    /// <param name="cancellationToken">Ends it between two batches; what was computed is kept.</param>
    /// <returns>Features of unit length, in the order of the texts.</returns>
    /// <exception cref="InvalidOperationException">The model has no text tower.</exception>
    /// <exception cref="IOException">The folder cannot be written.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public static float[][] OfTexts(ClipModel model, IReadOnlyList<string> texts, string? cacheFolder = null, IProgress<int>? progress = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(model);
        Require.NoNulls(texts);
        return FeatureCache.Compute(model, texts, "texts", cacheFolder, progress, cancellationToken,
            (hash, text, _) => hash.AppendData(SHA256.HashData(Encoding.UTF8.GetBytes(text))),
            block => model.EncodeTexts(block, normalize: true, progress: null, cancellationToken));
    }
}
