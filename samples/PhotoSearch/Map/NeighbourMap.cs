using System.Numerics.Tensors;
using Microsoft.ML.Clip;

namespace PhotoSearch;

/// <summary>
/// t-SNE (van der Maaten and Hinton 2008), exact: places in a plane in which those are near each other that are near each other among all. It begins with the
/// two main directions, as Kobak and Berens (2019) advise, so that what is far apart comes out in one order, and the same photographs in the same map. Each
/// step costs n² pairs; with 3,000 that is some milliseconds.
/// </summary>
internal sealed class NeighbourMap
{
    private const int EarlySteps = 250, Steps = 750, PowerSteps = 60;
    private const float EarlyExaggeration = 12, EarlyMomentum = 0.5f, Momentum = 0.8f, LongestStep = 5, LeastGain = 0.01f, Nothing = 1e-6f;
    private const float Shrunk = 0.1f, Less = 0.8f;
    private const double MostPerplexity = 30;

    private readonly int _count;
    // The pairs that attract each other: of each row its neighbours one after the other, p_ij symmetric, the sum of all is 1.
    private readonly int[] _starts, _others;
    private readonly float[] _shares;
    private readonly float[] _xs, _ys;

    private NeighbourMap(float[] embeddings, int dimension, CancellationToken stop)
    {
        _count = embeddings.Length / dimension;
        (_starts, _others, _shares) = Pairs(embeddings, dimension, stop);
        (_xs, _ys) = MainDirections(embeddings, dimension, stop);
    }

    /// <summary>Makes a map.</summary>
    /// <param name="embeddings">[photographs, dimension], row-major, none of them zero.</param>
    /// <param name="dimension">The length of an embedding.</param>
    /// <param name="stop">Ends it.</param>
    /// <param name="progress">Told after each step how many of how many are done.</param>
    /// <returns>A place for each, in the square of 1, which they touch.</returns>
    public static MapPoint[] Make(float[] embeddings, int dimension, CancellationToken stop, Action<int, int>? progress = null)
    {
        if (embeddings.Length == dimension)
        {
            return [new(0.5f, 0.5f)];
        }
        var map = new NeighbourMap(embeddings, dimension, stop);
        map.Improve(stop, progress);
        return map.Points();
    }

    /// <summary>Only where it begins, for whoever wants to know what the rest is good for.</summary>
    public static MapPoint[] Begin(float[] embeddings, int dimension) => new NeighbourMap(embeddings, dimension, CancellationToken.None).Points();

    /// <summary>A quarter of the gradient of the divergence of the map from what it should be, and the divergence.</summary>
    public static (float[] Dx, float[] Dy, double Divergence) Gradient(float[] embeddings, int dimension, float[] xs, float[] ys)
    {
        var map = new NeighbourMap(embeddings, dimension, CancellationToken.None);
        xs.CopyTo(map._xs, 0);
        ys.CopyTo(map._ys, 0);
        float[] dx = new float[xs.Length], dy = new float[xs.Length];
        double sum = map.Forces(1, dx, dy), divergence = 0;
        for (int i = 0; i < map._count; i++)
        {
            for (int at = map._starts[i]; at < map._starts[i + 1]; at++)
            {
                divergence += map._shares[at] * Math.Log(map._shares[at] * sum / map.Nearness(i, map._others[at]));
            }
        }
        return (dx, dy, divergence);
    }

    private void Improve(CancellationToken stop, Action<int, int>? progress)
    {
        float[] dx = new float[_count], dy = new float[_count], vx = new float[_count], vy = new float[_count];
        float[] gx = [.. Enumerable.Repeat(1f, _count)], gy = [.. gx];
        // Where nearly all are neighbours of each other, more attraction than this would draw them into one point, out of which nothing comes again.
        float early = Math.Clamp(_count / (3 * (float)Perplexity(_count)), 1, EarlyExaggeration);
        float width = Extent(_xs), height = Extent(_ys);
        for (int step = 0; step < Steps; step++)
        {
            stop.ThrowIfCancellationRequested();
            // So it would where neighbours are hardly nearer than others (Linderman and Steinerberger 2019: by the graph's second eigenvalue). How much is too
            // much is seen when it begins.
            if (step < EarlySteps && (Extent(_xs) < Shrunk * width || Extent(_ys) < Shrunk * height))
            {
                early = Math.Max(1, Less * early);
            }
            var (exaggeration, momentum) = step < EarlySteps ? (early, EarlyMomentum) : (1, Momentum);
            Forces(exaggeration, dx, dy);
            // About the largest rate at which attraction alone is stable, as the p_ij of one sum up to 1/n on average (Linderman and Steinerberger 2019).
            float rate = _count / exaggeration;
            Move(_xs, dx, vx, gx);
            Move(_ys, dy, vy, gy);
            progress?.Invoke(step + 1, Steps);

            // Each has a rate of its own besides, which falls while it swings and grows while it goes one way (Jacobs 1988, as in the reference).
            void Move(float[] places, float[] force, float[] speed, float[] gains)
            {
                for (int i = 0; i < _count; i++)
                {
                    gains[i] = force[i] > 0 == speed[i] > 0 ? Math.Max(LeastGain, gains[i] * 0.8f) : gains[i] + 0.2f;
                    speed[i] = Math.Clamp((momentum * speed[i]) - (rate * gains[i] * force[i]), -LongestStep, LongestStep);
                    places[i] += speed[i];
                }
            }
        }
    }

    // Sets the gradient, without its factor of 4: Σ_j (exaggeration p_ij − q_ij) w_ij (y_i − y_j), with w = 1 / (1 + |y_i − y_j|²) and q = w / Σ w.
    // Returns Σ w.
    private double Forces(float exaggeration, float[] forceX, float[] forceY)
    {
        float[] dx = new float[_count], dy = new float[_count], near = new float[_count];
        double sum = 0;
        for (int i = 0; i < _count; i++)
        {
            TensorPrimitives.Subtract(_xs[i], _xs, dx);
            TensorPrimitives.Subtract(_ys[i], _ys, dy);
            TensorPrimitives.Multiply(dx, dx, near);
            TensorPrimitives.MultiplyAdd(dy, dy, near, near);
            TensorPrimitives.Add(near, 1, near);
            TensorPrimitives.Reciprocal(near, near);
            near[i] = 0;        // not its own neighbour
            sum += TensorPrimitives.Sum(near);
            TensorPrimitives.Multiply(near, near, near);
            (forceX[i], forceY[i]) = (TensorPrimitives.Dot(near, dx), TensorPrimitives.Dot(near, dy));
        }
        for (int i = 0; i < _count; i++)
        {
            float x = 0, y = 0;
            for (int at = _starts[i]; at < _starts[i + 1]; at++)
            {
                int j = _others[at];
                float pull = _shares[at] * Nearness(i, j);
                x += pull * (_xs[i] - _xs[j]);
                y += pull * (_ys[i] - _ys[j]);
            }
            (forceX[i], forceY[i]) = ((exaggeration * x) - (float)(forceX[i] / sum), (exaggeration * y) - (float)(forceY[i] / sum));
        }
        return sum;
    }

    private float Nearness(int i, int j)
    {
        float dx = _xs[i] - _xs[j], dy = _ys[i] - _ys[j];
        return 1 / (1 + (dx * dx) + (dy * dy));
    }

    // The map has no measure of its own: it is as wide and as high as the square.
    private MapPoint[] Points()
    {
        float left = _xs.Min(), top = _ys.Min(), width = Extent(_xs), height = Extent(_ys);
        return [.. _xs.Zip(_ys, (x, y) => new MapPoint(width > 0 ? (x - left) / width : 0.5f, height > 0 ? (y - top) / height : 0.5f))];
    }

    private static float Extent(float[] places) => TensorPrimitives.Max<float>(places) - TensorPrimitives.Min<float>(places);

    private static double Perplexity(int count) => Math.Clamp((count - 1) / 3.0, 1, MostPerplexity);

    private static (int[] Starts, int[] Others, float[] Shares) Pairs(float[] embeddings, int dimension, CancellationToken stop)
    {
        int count = embeddings.Length / dimension;
        double perplexity = Perplexity(count);
        int nearest = Math.Min(count - 1, (int)(3 * perplexity));
        var index = new ClipSearchIndex(dimension);
        index.Add(embeddings);
        var pairs = new Dictionary<int, float>[count];
        Array.ForEach([.. Enumerable.Range(0, count)], i => pairs[i] = []);
        float[] shares = new float[nearest];
        foreach (var (matches, i) in index.SearchBatch(embeddings, nearest + 1, stop).Select((matches, i) => (matches, i)))
        {
            ClipMatch[] others = [.. matches.Where(m => m.Index != i).Take(nearest)];
            // |a − b|² of unit vectors.
            Affinities.Fill([.. others.Select(m => 2 - (2 * m.Cosine))], perplexity, shares);
            foreach (var (other, share) in others.Zip(shares))
            {
                Add(i, other.Index, share);
                Add(other.Index, i, share);
            }
        }
        int[] starts = new int[count + 1];
        for (int i = 0; i < count; i++)
        {
            starts[i + 1] = starts[i] + pairs[i].Count;
        }
        return (starts, [.. pairs.SelectMany(row => row.Keys)], [.. pairs.SelectMany(row => row.Values)]);

        void Add(int i, int j, float share) => pairs[i][j] = pairs[i].GetValueOrDefault(j) + (share / (2 * count));
    }

    // The two main directions by the power method, and how far along them each stands: a ten-thousandth of what comes later, so that all are neighbours
    // first.
    private static (float[] Xs, float[] Ys) MainDirections(float[] embeddings, int dimension, CancellationToken stop)
    {
        int count = embeddings.Length / dimension;
        float[] rows = [.. embeddings], mean = new float[dimension];
        for (int i = 0; i < count; i++)
        {
            TensorPrimitives.Add(mean, Row(i), mean);
        }
        TensorPrimitives.Divide(mean, count, mean);
        for (int i = 0; i < count; i++)
        {
            TensorPrimitives.Subtract(Row(i), mean, Row(i));
        }
        return (Next(), Next());

        Span<float> Row(int i) => rows.AsSpan(i * dimension, dimension);

        // The main direction of what is left, which is taken out of it.
        float[] Next()
        {
            var random = new Random(1);
            float[] along = new float[count], direction = [.. Enumerable.Range(0, dimension).Select(_ => random.NextSingle() - 0.5f)];
            for (int step = 0; step < PowerSteps; step++)
            {
                stop.ThrowIfCancellationRequested();
                TensorPrimitives.Divide(direction, Math.Max(TensorPrimitives.Norm(direction), float.Epsilon), direction);
                for (int i = 0; i < count; i++)
                {
                    along[i] = TensorPrimitives.Dot(Row(i), direction);
                }
                Array.Clear(direction);
                for (int i = 0; i < count; i++)
                {
                    TensorPrimitives.MultiplyAdd(Row(i), along[i], direction, direction);
                }
            }
            TensorPrimitives.Divide(direction, Math.Max(TensorPrimitives.Norm(direction), float.Epsilon), direction);
            for (int i = 0; i < count; i++)
            {
                along[i] = TensorPrimitives.Dot(Row(i), direction);
                TensorPrimitives.MultiplyAdd(direction, -along[i], Row(i), Row(i));
            }
            float size = TensorPrimitives.Norm(along) / MathF.Sqrt(count), scale = size > Nothing ? 1e-4f / size : 0;
            // A little of chance, as what is equal would stay on one point for ever.
            return [.. along.Select(a => (a * scale) + (1e-6f * (random.NextSingle() - 0.5f)))];
        }
    }
}
