using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Clip.Tests;

/// <summary>Trains on one rank or several, and keeps what came out.</summary>
internal static class RankFixture
{
    /// <summary>A rank that does not come is a mistake of the test's: it should not take half an hour to say so.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    /// <summary>Losses of the steps, and weights by name, of the trained model.</summary>
    internal sealed record Result(double[] Losses, Dictionary<string, float[]> Weights, int? ResumedAt = null);

    /// <summary>Trains on so many ranks, 0 being none: without a collective.</summary>
    public static Result[] Train(int ranks, ClipContrastiveTrainer.Options options, IReadOnlyList<TrainingFixture.Row>? rows = null, string caption = "Captions",
        int? killAt = null)
    {
        var results = new Result[Math.Max(1, ranks)];
        if (ranks == 0)
        {
            results[0] = Train(options, rows ?? TrainingFixture.Rows(), caption, killAt);
        }
        else
        {
            var all = rows ?? TrainingFixture.Rows();
            LocalCollective.Run(ranks, rank => results[rank.Rank] = Train(options with { Collective = rank }, all, caption, killAt), Patience);
        }
        return results;
    }

    public static Result Train(ClipContrastiveTrainer.Options options, IEnumerable<TrainingFixture.Row> rows, string caption = "Captions", int? killAt = null)
    {
        var reports = new Reports(killAt);
        using var model = new ClipContrastiveTrainer("Image", caption, options).Train(TrainingFixture.View(rows), reports);
        using var scope = NewDisposeScope();
        return new Result([.. reports.Select(r => r.Loss)], model.Module.Weights().ToDictionary(w => w.Key, w => w.Value.contiguous().data<float>().ToArray()),
            reports.FirstOrDefault()?.ResumedAt);
    }

    public static void AssertEqual(
        Result expected, Result actual, double losses = TrainingTolerances.RankLosses, double weights = TrainingTolerances.RankWeights)
    {
        Assert.Equal(expected.Losses.Length, actual.Losses.Length);
        AssertEqualLosses(expected.Losses, actual.Losses, losses);
        AssertEqualWeights(expected, actual, weights);
    }

    public static void AssertEqualLosses(double[] expected, double[] actual, double tolerance = TrainingTolerances.RankLosses)
    {
        double worst = 0, absolute = 0;
        for (int i = 0; i < expected.Length; i++)
        {
            absolute = Math.Max(absolute, Math.Abs(expected[i] - actual[i]));
            double difference = Math.Abs(expected[i] - actual[i]) / expected[i];
            Assert.True(difference <= tolerance, $"step {i + 1}: {expected[i]} and {actual[i]}");
            worst = Math.Max(worst, difference);
        }
        TestContext.Current.TestOutputHelper?.WriteLine($"losses of {expected.Min():f3} to {expected.Max():f3}, {worst:e1} of themselves apart, {absolute:e1} at most");
    }

    public static void AssertEqualWeights(Result expected, Result actual, double tolerance = TrainingTolerances.RankWeights)
    {
        double worst = 0;
        foreach (var (name, values) in expected.Weights)
        {
            for (int i = 0; i < values.Length; i++)
            {
                double difference = Math.Abs((double)values[i] - actual.Weights[name][i]);
                if (!IsOfKeys(name, i, values.Length) || tolerance == 0)
                {
                    Assert.True(difference <= tolerance, $"{name}[{i}]: {difference:e2} apart");
                    worst = Math.Max(worst, difference);
                }
            }
        }
        TestContext.Current.TestOutputHelper?.WriteLine($"weights {worst:e1} apart");
    }

    /// <summary>
    /// Whether it is a bias of keys, the middle third of what attention adds. It is the same for all keys, which softmax does not see: its gradient is zero but
    /// for rounding, of which Adam makes steps as large as any.
    /// </summary>
    private static bool IsOfKeys(string name, int index, int length) => name.EndsWith("attn.in_proj_bias", StringComparison.Ordinal) && index / (length / 3) == 1;

    private sealed class Reports(int? killAt) : List<ClipTrainingProgress>, IProgress<ClipTrainingProgress>
    {
        public void Report(ClipTrainingProgress value)
        {
            Add(value);
            if (value.Step == killAt)
            {
                throw new InvalidOperationException("killed");
            }
        }
    }
}
