using System.Numerics.Tensors;

namespace Microsoft.ML.Clip;

/// <summary>
/// How near embeddings lie to each other: texts to images, images to images. Exact, by comparing with every embedding; where many are
/// searched often, <see cref="ClipSearchIndex"/> is faster.
/// </summary>
/// <remarks>
/// Embeddings need not be of unit length. Those without a direction, zero or NaN throughout (an image that was missing), are near to nothing: their cosine is
/// NaN, and no search finds them. Thread-safe.
/// </remarks>
public static class ClipSimilarity
{
    /// <summary>The cosine between two embeddings.</summary>
    /// <param name="x">One embedding.</param>
    /// <param name="y">The other, of the same length.</param>
    /// <returns>The cosine, -1 to 1.</returns>
    /// <exception cref="ArgumentException">The lengths differ, or one has no direction: it is empty, zero or not finite.</exception>
    public static float Cosine(ReadOnlySpan<float> x, ReadOnlySpan<float> y)
    {
        RequireLength(y.Length, x.Length, nameof(y));
        float norm = Norm(x, nameof(x)), other = Norm(y, nameof(y));
        return Direction.IsPlain(norm) && Direction.IsPlain(other) ? Math.Clamp(TensorPrimitives.Dot(x, y) / (norm * other), -1, 1) : Direction.FarCosine(x, y);
    }

    /// <summary>The cosines between a query and many embeddings.</summary>
    /// <param name="query">The embedding to compare with.</param>
    /// <param name="embeddings">[count, query's length], row-major.</param>
    /// <param name="cosines">Receives [count] cosines, -1 to 1, or NaN for an embedding without a direction.</param>
    /// <exception cref="ArgumentException">
    /// The query has no direction, the embeddings are not rows of its length, or there is not room for one cosine each.
    /// </exception>
    public static void Cosines(ReadOnlySpan<float> query, ReadOnlySpan<float> embeddings, Span<float> cosines)
    {
        float norm = Norm(query, nameof(query));
        int count = CountRows(embeddings.Length, query.Length);
        RequireLength(cosines.Length, count, nameof(cosines));
        for (int i = 0; i < count; i++)
        {
            cosines[i] = CosineOrNaN(query, norm, embeddings.Slice(i * query.Length, query.Length));
        }
    }

    /// <summary>The embeddings that lie nearest to a query.</summary>
    /// <param name="query">The embedding to compare with: of a text to search by words, of an image to search by example.</param>
    /// <param name="embeddings">[count, query's length], row-major.</param>
    /// <param name="count">How many to find; at least 1.</param>
    /// <returns>The nearest first, of equal ones the one that stands first; fewer than asked for if there are no more with a direction.</returns>
    /// <exception cref="ArgumentException">The query has no direction, or the embeddings are not rows of its length.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The count is below 1.</exception>
    public static IReadOnlyList<ClipMatch> TopK(ReadOnlySpan<float> query, ReadOnlySpan<float> embeddings, int count)
    {
        float norm = Norm(query, nameof(query));
        int rows = CountRows(embeddings.Length, query.Length);
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
        var matches = new ClipMatch[Math.Min(count, rows)];
        var nearest = new BestMatches(matches);
        for (int i = 0; i < rows; i++)
        {
            nearest.Add(i, CosineOrNaN(query, norm, embeddings.Slice(i * query.Length, query.Length)));
        }
        nearest.Sort();
        return matches[..nearest.Count];
    }

    /// <summary>The embeddings that lie nearest to a query.</summary>
    /// <param name="query">The embedding to compare with: of a text to search by words, of an image to search by example.</param>
    /// <param name="embeddings">The embeddings, each of the query's length.</param>
    /// <param name="count">How many to find; at least 1.</param>
    /// <returns>The nearest first, of equal ones the one that stands first; fewer than asked for if there are no more with a direction.</returns>
    /// <exception cref="ArgumentException">The query has no direction, or an embedding is null or of another length; the message gives its index.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The count is below 1.</exception>
    public static IReadOnlyList<ClipMatch> TopK(ReadOnlySpan<float> query, IReadOnlyList<float[]> embeddings, int count)
    {
        Require.NoNulls(embeddings);
        float norm = Norm(query, nameof(query));
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
        var matches = new ClipMatch[Math.Min(count, embeddings.Count)];
        var nearest = new BestMatches(matches);
        for (int i = 0; i < embeddings.Count; i++)
        {
            if (embeddings[i].Length != query.Length)
            {
                throw new ArgumentException($"embeddings[{i}] has {embeddings[i].Length} values, but the query has {query.Length}.", nameof(embeddings));
            }
            nearest.Add(i, CosineOrNaN(query, norm, embeddings[i]));
        }
        nearest.Sort();
        return matches[..nearest.Count];
    }

    private static float CosineOrNaN(ReadOnlySpan<float> query, float norm, ReadOnlySpan<float> embedding)
    {
        float other = TensorPrimitives.Norm(embedding);
        return Direction.IsPlain(norm) && Direction.IsPlain(other) ? Math.Clamp(TensorPrimitives.Dot(query, embedding) / (norm * other), -1, 1)
            : Direction.FarCosine(query, embedding);
    }

    private static float Norm(ReadOnlySpan<float> embedding, string name)
    {
        float norm = TensorPrimitives.Norm(embedding);
        return Direction.IsPlain(norm) || !float.IsNaN(Direction.FarCosine(embedding, embedding)) ? norm
            : throw new ArgumentException($"The embedding has no direction: it has {embedding.Length} values, and its norm is {norm}.", name);
    }

    private static int CountRows(int length, int width) => length % width == 0 ? length / width
        : throw new ArgumentException($"The embeddings are {length} values, which are no whole rows of the query's {width}.", "embeddings");

    private static void RequireLength(int actual, int expected, string name)
    {
        if (actual != expected)
        {
            throw new ArgumentException($"Expected {expected} values, but found {actual}.", name);
        }
    }
}
