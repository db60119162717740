namespace Microsoft.ML.Clip.Tests;

/// <summary>The sweep inside the trainer.</summary>
public sealed class LinearProbeSweepTests
{
    // Overlapping classes and few rows: neither weak nor strong regularisation is best.
    private static readonly ProbeProblem Problem = ProbeProblem.Blobs(600, 40, 5, 0.25, 21);

    private readonly MLContext _ml = new(seed: 1);

    [Fact]
    public void Fit_NoRegularization_ChoosesTheBestTrialAndLearnsFromAllRows()
    {
        var trainer = Trainer(new() { ValidationFraction = 0.25 });

        var model = trainer.Fit(Problem.ToView(_ml));

        var report = trainer.Report!;
        Assert.InRange(report.Trials.Count, 11, 15);
        Assert.Equal([1e6, 1e4, 1e2, 1, 1e-2, 1e-4, 1e-6], report.Trials.Take(7).Select(t => Math.Round(t.L2Regularization, 9)));
        Assert.Equal(600, report.TrainingRows + report.ValidationRows);
        Assert.InRange(report.ValidationRows, 140, 160);
        Assert.Equal(report.Trials.MaxBy(t => (t.ValidationAccuracy, -t.ValidationLoss))!.L2Regularization, report.L2Regularization);
        Assert.All(report.Trials, t =>
        {
            Assert.InRange(t.ValidationAccuracy!.Value, 0, 1);
            Assert.True(t.ValidationLoss > 0 && t.Loss >= 0 && t.Objective > 0 && t.Converged && t.Duration > TimeSpan.Zero);
        });
        Assert.Null(report.Final.ValidationAccuracy);
        Assert.Same(report, ClipLinearProbeTrainer.GetReport(model.Model));

        // The model is the one that a single fit with that strength on all rows gives.
        var single = Trainer(new() { L2Regularization = (float)report.L2Regularization });
        single.Fit(Problem.ToView(_ml));
        Assert.Equal(1, report.Final.Objective / single.Report!.Final.Objective, ProbeTolerances.Objective);
    }

    [Fact]
    public void Fit_Trials_AreTheOptimaOfColdFits()
    {
        // Starting from a neighbour must not change what is found.
        var (training, validation) = (Problem.Slice(..450), Problem.Slice(450..));
        var trainer = Trainer(new());

        trainer.Fit(training.ToView(_ml), validation.ToView(_ml));

        foreach (var trial in trainer.Report!.Trials)
        {
            var cold = Trainer(new() { L2Regularization = (float)trial.L2Regularization });
            cold.Fit(training.ToView(_ml), validation.ToView(_ml));
            Assert.Equal(1, trial.Objective / cold.Report!.Final.Objective, ProbeTolerances.Objective);
            Assert.Equal(trial.ValidationAccuracy!.Value, cold.Report.Final.ValidationAccuracy!.Value, 1.01 / 150);
        }
    }

    [Fact]
    public void Fit_Full_TriesAll96()
    {
        var trainer = Trainer(new() { Sweep = ClipLinearProbeSweep.Full });

        trainer.Fit(Problem.ToView(_ml));

        var strengths = trainer.Report!.Trials.Select(t => t.L2Regularization).ToList();
        Assert.Equal(96, strengths.Count);
        Assert.Equal(1e6, strengths.Max(), 1e-3);
        Assert.Equal(1e-6, strengths.Min(), 1e-12);
        Assert.Equal(trainer.Report.Trials.Max(t => t.ValidationAccuracy),
            trainer.Report.Trials.Single(t => t.L2Regularization == trainer.Report.L2Regularization).ValidationAccuracy);
    }

    [Fact]
    public void Fit_ValidationRows_AreChosenByAndThenLearnedFrom()
    {
        var (training, validation) = (Problem.Slice(..400), Problem.Slice(400..));
        var trainer = Trainer(new());

        trainer.Fit(training.ToView(_ml), validation.ToView(_ml));

        Assert.Equal((400, 200), (trainer.Report!.TrainingRows, trainer.Report.ValidationRows));
        var all = Trainer(new() { L2Regularization = (float)trainer.Report.L2Regularization });
        all.Fit(Problem.ToView(_ml));
        Assert.Equal(1, trainer.Report.Final.Objective / all.Report!.Final.Objective, ProbeTolerances.Objective);
    }

    [Fact]
    public void Fit_ValidationRowsWithRegularizationGiven_OnlyScoresThem()
    {
        var trainer = Trainer(new() { L2Regularization = 1 });
        var (training, validation) = (Problem.Slice(..400), Problem.Slice(400..));

        var model = trainer.Fit(training.ToView(_ml), validation.ToView(_ml));

        Assert.Empty(trainer.Report!.Trials);
        var predicted = model.Transform(validation.ToView(_ml)).GetColumnOf("Score").Select(s => Array.IndexOf(s, s.Max()));
        Assert.Equal(predicted.Zip(validation.Labels).Count(p => p.First == p.Second) / 200.0, trainer.Report.Final.ValidationAccuracy!.Value, 1e-9);
        Assert.Equal(PlainSoftmaxRegression.Objective(training, GoldenProbeTests.Parameters(model.Model), 1), trainer.Report.Final.Objective, 1e-3);
    }

    [Fact]
    public void Fit_ValidationRowsOfANewClass_AreLearnedFromAfterTheSweep()
    {
        // Class 4 comes only in the validation rows.
        int[] without = [.. Enumerable.Range(0, 450).Where(i => Problem.Labels[i] != 4)];
        var training = new ProbeProblem([.. without.Select(i => Problem.Features[i])], [.. without.Select(i => Problem.Labels[i])]);
        var names = Problem.Slice(450..).ToView(_ml);
        var keys = _ml.Transforms.ClipLabelKey("Label", "Name", [.. Enumerable.Range(0, 5).Select(ProbeProblem.NameOf)]);
        var view = keys.Fit(names).Transform(_ml.Transforms.DropColumns("Label").Fit(names).Transform(training.ToView(_ml)));
        var trainer = Trainer(new());

        var model = trainer.Fit(view, names);

        Assert.Empty(trainer.Report!.ClassesWithoutRows);
        float[][] scores = model.Transform(names).GetColumnOf("Score");
        Assert.True(scores.Where((_, i) => Problem.Labels[450 + i] == 4).Max(s => s[4]) > 0.05);
    }

    [Fact]
    public void Fit_ValidationKeysThatMeanOtherClasses_IsAnError()
    {
        var training = Problem.ToView(_ml);
        var other = _ml.Transforms.ClipLabelKey("Label", "Name", [.. Enumerable.Range(0, 5).Reverse().Select(ProbeProblem.NameOf)]).Fit(training).Transform(training);

        var error = Assert.ThrowsAny<Exception>(() => Trainer(new()).Fit(training, other));

        Assert.Contains("mean other classes in the validation rows", error.Message, StringComparison.Ordinal);
    }

    private ClipLinearProbeTrainer Trainer(ClipLinearProbeTrainer.Options options) => _ml.MulticlassClassification.Trainers.ClipLinearProbe(options: options);
}
