using System.Numerics.Tensors;

namespace Microsoft.ML.Clip;

/// <summary>
/// What the side of images is fitted to where it has hidden units: z = [u, g(u · H + b)], less its mean, with u the features of unit length, less their
/// mean, of unit length again. H and b are drawn and stay (random features: Rahimi and Recht 2008), g(x) = x · sigmoid(1.702 x).
/// </summary>
/// <remarks>Without units z is u less its mean.</remarks>
internal sealed class ImageLift
{
    // u · H has the standard deviation 4 over what is drawn, as u has length 1, and b half of that: units bend where images are.
    private const double Spread = 4, BiasSpread = 2;

    private readonly LockedRelation _relation;
    private readonly float[] _imageMean;
    private readonly FloatMatrix? _hidden;
    private readonly float[] _bias;
    private readonly int _threads;

    /// <param name="relation">The images.</param>
    /// <param name="imageMean">The mean of their unit features.</param>
    /// <param name="units">How many units.</param>
    /// <param name="seed">Draws them.</param>
    /// <param name="threads">How many threads may be used.</param>
    public ImageLift(LockedRelation relation, float[] imageMean, int units, int seed, int threads)
    {
        (_relation, _imageMean, _threads, Features, Width) = (relation, imageMean, threads, imageMean.Length, imageMean.Length + units);
        (_bias, Mean) = (new float[units], new double[Width]);
        if (units > 0)
        {
            var random = SeededRandom.Create(seed);
            _hidden = new FloatMatrix(Features, units);
            for (int f = 0; f < Features; f++)
            {
                foreach (ref float value in _hidden[f])
                {
                    value = (float)(Spread * Gaussian(random));
                }
            }
            foreach (ref float value in _bias.AsSpan())
            {
                value = (float)(BiasSpread * Gaussian(random));
            }
        }
        Images = [.. Enumerable.Range(0, relation.Images).Where(i => relation.Weights[i] > 0)];
        Center();
    }

    /// <summary>The images that count, those with the same texts one after the other.</summary>
    public int[] Images { get; private set; }

    /// <summary>How many features images have.</summary>
    public int Features { get; }

    /// <summary>The length of z.</summary>
    public int Width { get; }

    /// <summary>What is subtracted, [width].</summary>
    public double[] Mean { get; }

    /// <summary>By what the units are multiplied, so that one spreads among images as a feature does on average.</summary>
    public float Gain { get; private set; } = 1;

    /// <summary>z of some images, [count, width].</summary>
    public FloatMatrix Read(ReadOnlySpan<int> images)
    {
        float[][] features = new float[images.Length][];
        for (int i = 0; i < features.Length; i++)
        {
            features[i] = _relation.Data.ImageFeatures[images[i]];
        }
        var unit = HeadSide.Center(features, 0, features.Length, _imageMean, _threads);
        var units = _hidden is null ? null : HeadSide.Units(unit, _hidden, _bias, _threads);
        var lifted = new FloatMatrix(features.Length, Width);
        float[] mean = [.. Mean.Select(m => (float)m)];
        Threads.For(features.Length, _threads, i =>
        {
            unit[i].CopyTo(lifted[i]);
            if (units is not null)
            {
                TensorPrimitives.Multiply(units[i], Gain, lifted[i][Features..]);
            }
            TensorPrimitives.Subtract(lifted[i], mean, lifted[i]);
        });
        return lifted;
    }

    /// <summary>The side of a head that maps features as z · Q does.</summary>
    /// <param name="basis">Q, [width, embedding].</param>
    public HeadSide Side(double[] basis)
    {
        int dimension = basis.Length / Width;
        double[] bias = new double[dimension];
        for (int r = 0; r < Width; r++)
        {
            TensorPrimitives.MultiplyAdd(basis.AsSpan(r * dimension, dimension), -Mean[r], bias, bias);
        }
        // As lengths do not matter, the largest is 1.
        float scale = 1 / (float)basis.Concat(bias).Max(Math.Abs);
        return new HeadSide
        {
            Mean = _imageMean,
            Weights = Part(0, Features, scale),
            Bias = [.. bias.Select(b => (float)b * scale)],
            HiddenWeights = _hidden,
            HiddenBias = _hidden is null ? null : _bias,
            HiddenOutput = _hidden is null ? null : Part(Features, Width, scale * Gain),
        };

        FloatMatrix Part(int first, int end, float factor) =>
            FloatMatrix.Of([.. basis[(first * dimension)..(end * dimension)].Select(v => (float)v * factor)], end - first);
    }

    // Means and the units' spread; rows with the same texts come together, so that they can be summed before they are shared out.
    private void Center()
    {
        Images = [.. Images.OrderBy(i => _relation.ByImage[i].Count > 0 ? _relation.ByImage[i][0].Other : -1).ThenBy(i => i)];
        double[] sum = new double[Width], squares = new double[Width], row = new double[Width];
        double total = 0;
        foreach (int[] chunk in Images.Chunk(JointSpace.ChunkImages))
        {
            var lifted = Read(chunk);
            for (int i = 0; i < chunk.Length; i++)
            {
                double weight = _relation.Weights[chunk[i]];
                TensorPrimitives.ConvertTruncating<float, double>(lifted[i], row);
                TensorPrimitives.MultiplyAdd(row, weight, sum, sum);
                TensorPrimitives.Multiply(row, row, row);
                TensorPrimitives.MultiplyAdd(row, weight, squares, squares);
                total += weight;
            }
        }
        double features = 0, units = 0;
        for (int c = 0; c < Width; c++)
        {
            double mean = sum[c] / total, variance = (squares[c] / total) - (mean * mean);
            (features, units) = c < Features ? (features + variance, units) : (features, units + variance);
            Mean[c] = mean;
        }
        if (units > 0 && features > 0)
        {
            Gain = (float)Math.Sqrt(features / Features / (units / (Width - Features)));
            TensorPrimitives.Multiply(Mean.AsSpan(Features), Gain, Mean.AsSpan(Features));
        }
    }

    // Box and Muller 1958; Random has no normal distribution.
    private static double Gaussian(Random random) => Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble());
}
