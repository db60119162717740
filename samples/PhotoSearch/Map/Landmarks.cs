using Microsoft.ML.Clip;

namespace PhotoSearch;

/// <summary>The photographs that a map was made of, among which others are put.</summary>
internal sealed class Landmarks
{
    private const int Nearest = 12;
    private const double Perplexity = 3;

    private readonly ClipSearchIndex _index;
    private readonly MapPoint[] _points;

    /// <param name="embeddings">[landmarks, dimension], row-major.</param>
    /// <param name="dimension">The length of an embedding.</param>
    /// <param name="points">Where the landmarks stand.</param>
    public Landmarks(float[] embeddings, int dimension, MapPoint[] points)
    {
        _index = new(dimension);
        _index.Add(embeddings);
        _points = points;
    }

    /// <summary>Between its nearest landmarks, and a little beside, so that two that are near the same ones do not cover each other.</summary>
    /// <param name="photo">The photograph's number, which decides where beside.</param>
    /// <param name="embedding">Its embedding.</param>
    public MapPoint Place(long photo, float[] embedding)
    {
        var nearest = _index.Search(embedding, Nearest);
        float[] shares = new float[nearest.Count];
        Affinities.Fill([.. nearest.Select(m => 2 - (2 * m.Cosine))], Math.Min(Perplexity, nearest.Count), shares);
        float x = 0, y = 0;
        foreach (var (match, share) in nearest.Zip(shares))
        {
            x += share * _points[match.Index].X;
            y += share * _points[match.Index].Y;
        }
        var random = new Random((int)photo);
        // About as far as landmarks are from each other.
        float beside = 0.7f / MathF.Sqrt(_points.Length);
        return new(Math.Clamp(x + (beside * (random.NextSingle() - 0.5f)), 0, 1), Math.Clamp(y + (beside * (random.NextSingle() - 0.5f)), 0, 1));
    }
}
