using Microsoft.ML.Data;
using Microsoft.ML.Runtime;

namespace Microsoft.ML.Clip.Tests;

/// <summary>The default options on a few rows of each class, where one set of validation rows would leave the choice to chance.</summary>
public sealed class FewShotTests
{
    private readonly MLContext _ml = new(seed: 1);
    private readonly List<string> _warnings = [];

    public FewShotTests() => _ml.Log += (_, e) =>
    {
        if (e.Kind == ChannelMessageKind.Warning)
        {
            _warnings.Add(e.Message);
        }
    };

    [Theory]
    [InlineData(2, 100)]
    [InlineData(3, 100)]
    [InlineData(10, 20)]
    public void Fit_TwoRowsOfEachClass_NeverThrows(int classes, int seeds)
    {
        for (int seed = 0; seed < seeds; seed++)
        {
            var trainer = Trainer(new() { Seed = seed });
            trainer.Fit(Shots(classes, 12, 2, seed).ToView(_ml));
            var report = trainer.Report!;
            Assert.Equal((Math.Min(5, 2 * classes), 2 * classes, 2 * classes), (report.Folds, report.ValidationRows, report.TrainingRows));
        }
    }

    [Fact]
    public void Fit_OneRowOfEachClass_TakesTheUsualStrengthAndSaysSo()
    {
        var problem = Shots(5, 16, 1, seed: 3);
        var trainer = Trainer(new());

        var model = trainer.Fit(problem.ToView(_ml));

        double[] mean = [.. Enumerable.Range(0, 16).Select(j => problem.Features.Average(f => (double)f[j]))];
        double variance = problem.Features.Average(f => f.Select((v, j) => (v - mean[j]) * (v - mean[j])).Sum());
        Assert.Equal(1, trainer.Report!.L2Regularization / (0.1 * variance), 1e-4);
        Assert.Equal((0, 0, 5), (trainer.Report.Folds, trainer.Report.ValidationRows, trainer.Report.TrainingRows));
        Assert.Empty(trainer.Report.Trials);
        Assert.Contains(_warnings, w => w.Contains("most classes have a single row", StringComparison.Ordinal));
        Assert.Equal([1u, 2u, 3u, 4u, 5u], model.Transform(problem.ToView(_ml)).GetColumn<uint>("PredictedLabel"));
    }

    [Fact]
    public void Fit_ManyRows_StaysWithOneSetOfValidationRows()
    {
        var trainer = Trainer(new());
        trainer.Fit(ProbeProblem.Blobs(600, 8, 3, 0.5, 9).ToView(_ml));
        Assert.Equal(1, trainer.Report!.Folds);
        Assert.InRange(trainer.Report.ValidationRows, 100, 140);
    }

    [Fact]
    public void Fit_Scaled_ChoosesTheSameStrengthInItsUnits()
    {
        var problem = Shots(4, 10, 6, seed: 5);
        var (plain, scaled) = (Trainer(new() { Seed = 1 }), Trainer(new() { Seed = 1 }));

        plain.Fit(problem.ToView(_ml));
        scaled.Fit(problem.Map((v, _) => v * 10).ToView(_ml));

        // The grid is the paper's and does not move with the features: two steps of it either way.
        Assert.InRange(scaled.Report!.L2Regularization / plain.Report!.L2Regularization, 100 / 1.8, 100 * 1.8);
    }

    [Theory]
    [InlineData(8, 0.4, 1)]
    [InlineData(64, 0.3, 1)]
    [InlineData(64, 0.3, 30)]
    public void Fit_FewShots_IsAsGoodAsAnyFixedStrengthWithinNoise(int values, double distance, float scale)
    {
        // Over 10 draws of 4 and of 16 rows a class, judged on 1,000 others: two points are three standard errors.
        double[] fixedStrengths = [1e-6, 0.1 * scale * scale, 1e4 * scale * scale];
        double[] right = new double[1 + fixedStrengths.Length];
        for (int seed = 0; seed < 10; seed++)
        {
            var all = ProbeProblem.Blobs(1080, values, 5, distance, seed).Map((v, _) => v * scale);
            var test = all.Slice(80..);
            var training = Shots(all.Slice(..80), seed % 2 == 0 ? 4 : 16).ToView(_ml);
            double[] strengths = [0, .. fixedStrengths];
            for (int i = 0; i < strengths.Length; i++)
            {
                var model = Trainer(new() { Seed = seed, L2Regularization = i == 0 ? null : (float)strengths[i] }).Fit(training);
                var predicted = model.Transform(test.ToView(_ml)).GetColumn<uint>("PredictedLabel");
                right[i] += predicted.Zip(test.Labels).Count(p => p.First == p.Second + 1) / 10_000.0;
            }
        }
        Assert.True(right[0] >= right.Skip(1).Max() - 0.02, string.Join(", ", right));
    }

    private static ProbeProblem Shots(int classes, int values, int shots, int seed) =>
        Shots(ProbeProblem.Blobs(classes * shots * 20, values, classes, 1, seed), shots);

    private static ProbeProblem Shots(ProbeProblem all, int shots)
    {
        int[] rows = [.. Enumerable.Range(0, all.Labels.Length).GroupBy(i => all.Labels[i]).OrderBy(g => g.Key).SelectMany(g => g.Take(shots))];
        return new ProbeProblem([.. rows.Select(i => all.Features[i])], [.. rows.Select(i => all.Labels[i])]);
    }

    private ClipLinearProbeTrainer Trainer(ClipLinearProbeTrainer.Options options) => _ml.MulticlassClassification.Trainers.ClipLinearProbe(options: options);
}
