using BenchmarkDotNet.Attributes;
using BenchmarkDotNet.Engines;

namespace Microsoft.ML.Clip.Benchmarks;

/// <summary>
/// The linear probe beside ML.NET's own maximum entropy trainer with the same objective (L1 = 0, L2 = 1/C). benchmarks/compare/linear_probe.py
/// puts it beside scikit-learn.
/// </summary>
[MemoryDiagnoser]
[SimpleJob(RunStrategy.Monitoring, warmupCount: 1, iterationCount: 3)]
public class LinearProbeBenchmarks
{
    private const float L2Regularization = 1 / 0.316f;

    private readonly MLContext _ml = new(seed: 1);
    private IDataView _rows = null!;

    [Params("10000x512x10", "50000x512x10", "20000x512x100", "10000x768x1000")]
    public string Size { get; set; } = "";

    [GlobalSetup]
    public void Setup()
    {
        int[] shape = [.. Size.Split('x').Select(int.Parse)];
        var (rows, dimension, classes) = (shape[0], shape[1], shape[2]);
        var random = new Random(1);
        float[][] centres = [.. Enumerable.Range(0, classes).Select(_ => Vector(random, dimension))];
        _rows = _ml.Data.LoadFromEnumerable(Enumerable.Range(0, rows).Select(i =>
        {
            float[] noise = Vector(random, dimension), centre = centres[i % classes];
            float[] features = [.. noise.Select((v, j) => v + 0.55f * centre[j])];
            float norm = MathF.Sqrt(features.Sum(v => v * v));
            return new LabelledFeatures { Features = [.. features.Select(v => v / norm)], Label = (uint)(i % classes) };
        }).ToArray(), LabelledFeatures.Schema(dimension, classes));
    }

    [Benchmark(Baseline = true)]
    public object LbfgsMaximumEntropy() =>
        _ml.MulticlassClassification.Trainers.LbfgsMaximumEntropy(l1Regularization: 0, l2Regularization: L2Regularization).Fit(_rows);

    [Benchmark]
    public object ClipLinearProbe() =>
        _ml.MulticlassClassification.Trainers.ClipLinearProbe(options: new() { L2Regularization = L2Regularization }).Fit(_rows);

    [Benchmark]
    public object ClipLinearProbe_Sweep() => _ml.MulticlassClassification.Trainers.ClipLinearProbe().Fit(_rows);

    private static float[] Vector(Random random, int dimension) =>
        [.. Enumerable.Range(0, dimension)
            .Select(j => (float)(Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble()) / Math.Sqrt(1 + j / 8.0)))];
}
