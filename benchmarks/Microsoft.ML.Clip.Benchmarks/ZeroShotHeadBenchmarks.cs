using BenchmarkDotNet.Attributes;

namespace Microsoft.ML.Clip.Benchmarks;

/// <summary>One embedding of 512 values against 1,000 classes: scaled cosines and their softmax.</summary>
[ShortJob]
public class ZeroShotHeadBenchmarks
{
    private const int Classes = 1000, Dimension = 512;
    private const float Scale = 100;

    private readonly float[] _weights = new float[Classes * Dimension];
    private readonly float[] _embedding = new float[Dimension];
    private readonly float[] _probabilities = new float[Classes];
    private ClipZeroShotClassifier? _classifier;

    /// <summary>Draws weights of unit length.</summary>
    [GlobalSetup]
    public void Setup()
    {
        var random = new Random(1);
        for (int i = 0; i < _weights.Length; i++)
        {
            _weights[i] = (random.NextSingle() - 0.5f) / MathF.Sqrt(Dimension / 12f);
        }
        for (int i = 0; i < Dimension; i++)
        {
            _embedding[i] = random.NextSingle() - 0.5f;
        }
        _classifier = ClipZeroShotClassifier.FromUnitWeights([.. Enumerable.Range(0, Classes).Select(i => $"class {i}")], _weights, Scale,
            ClipScoreKind.Softmax, logitBias: 0, minimumCosine: null);
    }

    /// <summary>The formula, as one writes it.</summary>
    [Benchmark(Baseline = true)]
    public void Formula()
    {
        float norm = MathF.Sqrt(_embedding.Sum(v => v * v)), largest = float.NegativeInfinity, sum = 0;
        for (int c = 0; c < Classes; c++)
        {
            float dot = 0;
            for (int i = 0; i < Dimension; i++)
            {
                dot += _embedding[i] * _weights[(c * Dimension) + i];
            }
            _probabilities[c] = Scale * dot / norm;
            largest = MathF.Max(largest, _probabilities[c]);
        }
        for (int c = 0; c < Classes; c++)
        {
            sum += _probabilities[c] = MathF.Exp(_probabilities[c] - largest);
        }
        for (int c = 0; c < Classes; c++)
        {
            _probabilities[c] /= sum;
        }
    }

    /// <summary>The head of the zero-shot step.</summary>
    [Benchmark]
    public void Classify() => _classifier!.Classify(_embedding, _probabilities);
}
