using System.Numerics.Tensors;

namespace Microsoft.ML.Clip;

/// <summary>
/// Retrieval between images and captions by cosine, exactly and in one pass over all pairs: no matrix of similarities is ever whole, memory is that of the
/// embeddings and one number for each. Thread-safe.
/// </summary>
/// <remarks>
/// A rank is 1 and the number of candidates that are strictly nearer, so that equal similarities, such as those of repeated captions, do not depend on an
/// order. An image's rank is that of its nearest caption. Karpathy's test splits are the ones that papers report; on whole sets recall is much lower.
/// </remarks>
public static class ClipRetrieval
{
    // What both cores' second caches hold: a block of texts, one panel of images after another, and their cosines. Multiples of the kernel's tiles.
    private const int ImagesAtOnce = 512, TextsAtOnce = 96;

    /// <summary>The values of k that papers report.</summary>
    public static IReadOnlyList<int> PaperK { get; } = [1, 5, 10];

    /// <summary>Measures retrieval both ways.</summary>
    /// <param name="images">[images, dimension], row-major: joint embeddings of images; they need not be of unit length.</param>
    /// <param name="texts">[texts, dimension], row-major: joint embeddings of captions.</param>
    /// <param name="imageOfText">For each caption the place of its image.</param>
    /// <param name="dimension">The length of an embedding.</param>
    /// <param name="atK">The values of k; <see langword="null"/> for <see cref="PaperK"/>.</param>
    /// <param name="cancellationToken">Ends the work between two blocks.</param>
    /// <returns>Recall and median rank both ways.</returns>
    /// <exception cref="ArgumentException">
    /// The embeddings are not rows of the dimension, one has no direction (zero, or NaN), a caption names no image, or an image has no caption; the
    /// message has its place.
    /// </exception>
    /// <exception cref="ArgumentOutOfRangeException">A k or the dimension is below 1.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public static ClipRetrievalResult Evaluate(ReadOnlyMemory<float> images, ReadOnlyMemory<float> texts, IReadOnlyList<int> imageOfText, int dimension,
        IReadOnlyList<int>? atK = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(imageOfText);
        ArgumentOutOfRangeException.ThrowIfLessThan(dimension, 1);
        atK ??= PaperK;
        foreach (int k in atK)
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(k, 1, nameof(atK));
        }
        float[] unitImages = PackedRows.Normalize(images.Span, dimension, nameof(images));
        float[] unitTexts = PackedRows.Normalize(texts.Span, dimension, nameof(texts));
        int imageCount = unitImages.Length / dimension, textCount = unitTexts.Length / dimension;
        CheckPairs(imageOfText, imageCount, textCount);
        var packed = new PackedRows(unitImages, dimension);
        float[] own = new float[textCount], nearest = new float[imageCount];
        Array.Fill(nearest, float.NegativeInfinity);
        for (int text = 0; text < textCount; text++)
        {
            int image = imageOfText[text];
            own[text] = packed.One(unitTexts.AsSpan(text * dimension, dimension), image);
            nearest[image] = Math.Max(nearest[image], own[text]);
        }
        int[] textRanks = new int[textCount], imageRanks = new int[imageCount];
        Parallel.For(0, (textCount + TextsAtOnce - 1) / TextsAtOnce, new ParallelOptions { CancellationToken = cancellationToken },
            () => (Ahead: new int[imageCount], Cosines: new float[TextsAtOnce * ImagesAtOnce]),
            (block, _, local) =>
            {
                int firstText = block * TextsAtOnce, rows = Math.Min(TextsAtOnce, textCount - firstText);
                for (int first = 0; first < imageCount; first += ImagesAtOnce)
                {
                    int width = Math.Min(ImagesAtOnce, packed.Width - first), count = Math.Min(width, imageCount - first);
                    packed.Multiply(unitTexts.AsSpan(firstText * dimension, rows * dimension), first, width, local.Cosines);
                    for (int row = 0; row < rows; row++)
                    {
                        var cosines = local.Cosines.AsSpan(row * width, count);
                        textRanks[firstText + row] += Counts.Above(cosines, own[firstText + row]);
                        Counts.Above(cosines, nearest.AsSpan(first, count), local.Ahead.AsSpan(first, count));
                    }
                }
                return local;
            },
            local =>
            {
                lock (imageRanks)
                {
                    TensorPrimitives.Add<int>(imageRanks, local.Ahead, imageRanks);
                }
            });
        return new ClipRetrievalResult { ImageToText = Recall(imageRanks, textCount, atK), TextToImage = Recall(textRanks, imageCount, atK) };
    }

    private static ClipRecall Recall(int[] ahead, int candidates, IReadOnlyList<int> atK)
    {
        Array.Sort(ahead);
        int middle = ahead.Length / 2;
        return new ClipRecall
        {
            Queries = ahead.Length,
            Candidates = candidates,
            At = [.. atK.Select(k => new ClipRecallAt(k, ahead.Count(a => a < k), ahead.Length))],
            MedianRank = 1 + (ahead.Length % 2 == 1 ? ahead[middle] : (ahead[middle - 1] + ahead[middle]) / 2.0),
        };
    }

    private static void CheckPairs(IReadOnlyList<int> imageOfText, int imageCount, int textCount)
    {
        if (imageOfText.Count != textCount)
        {
            throw new ArgumentException($"There are {textCount} captions, but {imageOfText.Count} places of their images.", nameof(imageOfText));
        }
        bool[] hasCaption = new bool[imageCount];
        for (int text = 0; text < textCount; text++)
        {
            if ((uint)imageOfText[text] >= (uint)imageCount)
            {
                throw new ArgumentException($"Caption {text} (counted from 0) belongs to image {imageOfText[text]}; there are {imageCount}.", nameof(imageOfText));
            }
            hasCaption[imageOfText[text]] = true;
        }
        if (Array.IndexOf(hasCaption, false) is >= 0 and var without)
        {
            throw new ArgumentException($"Image {without} (counted from 0) has no caption.", nameof(imageOfText));
        }
    }
}
