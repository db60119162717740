using Microsoft.ML.Data;
using Microsoft.ML.Runtime;
using Microsoft.ML.Trainers;

namespace Microsoft.ML.Clip.Tests;

/// <summary>The trainer as part of ML.NET: pipelines, evaluation, saving, cancelling.</summary>
public sealed class LinearProbeTrainerTests(StepFixture fixture) : IClassFixture<StepFixture>
{
    private static readonly ProbeProblem Problem = ProbeProblem.Blobs(400, 12, 4, 0.7, 11);

    private readonly MLContext _ml = new(seed: 1);

    private IDataView View => Problem.ToView(_ml);

    [Fact]
    public void Fit_ClassNames_SurviveIntoTheResult()
    {
        var schema = Trainer().Fit(View).GetOutputSchema(View.Schema);

        VBuffer<ReadOnlyMemory<char>> keys = default, slots = default;
        schema["PredictedLabel"].GetKeyValues(ref keys);
        schema["Score"].GetSlotNames(ref slots);
        string[] names = [.. Enumerable.Range(0, 4).Select(ProbeProblem.NameOf)];
        Assert.Equal(names, keys.DenseValues().Select(v => v.ToString()));
        Assert.Equal(names, slots.DenseValues().Select(v => v.ToString()));
        // The schema promised before fitting agrees with the data.
        var promised = Trainer().GetOutputSchema(SchemaShape.Create(View.Schema));
        Assert.True(promised.TryFindColumn("PredictedLabel", out var predicted) && predicted.IsKey && predicted.Annotations.TryFindColumn("KeyValues", out _));
        Assert.True(promised.TryFindColumn("Score", out var score) && score.Kind == SchemaShape.Column.VectorKind.Vector);
    }

    [Fact]
    public void Evaluate_TrainedProbe_GivesTheMetricsOfTheScores()
    {
        var predictions = Trainer().Fit(View).Transform(View);

        var metrics = _ml.MulticlassClassification.Evaluate(predictions, topKPredictionCount: 2);

        float[][] scores = predictions.GetColumnOf("Score");
        int Rank(int i) => scores[i].Count(s => s > scores[i][Problem.Labels[i]]);
        Assert.Equal(scores.Where((_, i) => Rank(i) == 0).Count() / 400.0, metrics.MicroAccuracy, 1e-9);
        Assert.Equal(scores.Where((_, i) => Rank(i) < 2).Count() / 400.0, metrics.TopKAccuracy, 1e-9);
        Assert.Equal(scores.Select((s, i) => -Math.Log(s[Problem.Labels[i]])).Average(), metrics.LogLoss, 1e-5);
        Assert.All(scores, s => Assert.Equal(1, s.Sum(), 1e-5));
        Assert.Equal(4, metrics.ConfusionMatrix.NumberOfClasses);
        Assert.True(metrics.MicroAccuracy > 0.8);
    }

    [Fact]
    public void PermutationFeatureImportance_TrainedProbe_FindsTheFeatureThatMatters()
    {
        // Only feature 2 tells the classes apart.
        var random = new Random(3);
        int[] labels = [.. Enumerable.Range(0, 300).Select(i => i % 3)];
        var problem = new ProbeProblem([.. labels.Select(l =>
            Enumerable.Range(0, 5).Select(j => random.NextSingle() + (j == 2 ? l * 3 : 0)).ToArray())], labels);
        var view = problem.ToView(_ml);

        var model = Trainer().Fit(view);
        var importance = _ml.MulticlassClassification.PermutationFeatureImportance(model, model.Transform(view), permutationCount: 2);

        Assert.Equal(2, Enumerable.Range(0, 5).MinBy(i => importance[i].MicroAccuracy.Mean));
        Assert.True(importance[2].MicroAccuracy.Mean < -0.3);
    }

    [Fact]
    public void CrossValidate_Pipeline_TrainsEveryFold()
    {
        var results = _ml.MulticlassClassification.CrossValidate(View, Trainer(), numberOfFolds: 4);

        Assert.Equal(4, results.Count);
        Assert.All(results, r => Assert.True(r.Metrics.MicroAccuracy > 0.7));
        Assert.All(results, r =>
            Assert.NotNull(ClipLinearProbeTrainer.GetReport(((MulticlassPredictionTransformer<MaximumEntropyModelParameters>)r.Model).Model)));
    }

    [Theory]
    [InlineData(ClipFeatures.JointEmbedding)]
    [InlineData(ClipFeatures.Encoder)]
    public void SaveAndLoad_BehindAnImageEmbedding_PredictsTheSameInAFreshProcess(ClipFeatures features)
    {
        using var directory = new TemporaryDirectory();
        var rows = fixture.ML.Data.LoadFromEnumerable(fixture.Rows.Select((r, i) => new { r.Path, Name = i % 3 == 0 ? "a" : i % 3 == 1 ? "b" : "c" }).ToArray());
        var pipeline = fixture.ML.Transforms.Conversion.MapValueToKey("Label", "Name")
            .Append(fixture.ML.Transforms.ClipImageEmbedding("Features", "Path", fixture.Model, new() { Features = features }))
            .Append(fixture.ML.MulticlassClassification.Trainers.ClipLinearProbe(options: new() { L2Regularization = 0.01f }))
            .Append(fixture.ML.Transforms.Conversion.MapKeyToValue("PredictedLabel"));
        var model = pipeline.Fit(rows);
        string file = directory.Combine("probe.zip");
        // What a program that predicts has is a path; the label is only for training.
        var predicting = new TransformerChain<ITransformer>([.. model.Skip(1)]);
        fixture.ML.Model.Save(predicting, rows.Schema, file);

        string[] paths = [.. fixture.Rows.Select(r => r.Path)];
        float[][] fresh = Processes.Predict(file, "Path", "Score", paths);

        float[][] here = predicting.Transform(rows).GetColumnOf("Score");
        Assert.Equal(here.Length, fresh.Length);
        for (int i = 0; i < here.Length; i++)
        {
            Tolerances.Close(here[i], fresh[i], Tolerances.BatchSize, $"row {i}");
        }
        Assert.All(model.Transform(rows).GetColumn<string>("PredictedLabel"), name => Assert.Contains(name, (string[])["a", "b", "c"]));
    }

    [Fact]
    public void Load_SavedProbe_IsTheStockTransformer()
    {
        using var directory = new TemporaryDirectory();
        var model = Trainer().Fit(View);
        _ml.Model.Save(model, View.Schema, directory.Combine("probe.zip"));

        var loaded = new MLContext().Model.Load(directory.Combine("probe.zip"), out _);

        Assert.IsType<MulticlassPredictionTransformer<MaximumEntropyModelParameters>>(loaded);
        Assert.Equal(model.Transform(View).GetColumnOf("Score"), loaded.Transform(View).GetColumnOf("Score"));
    }

    [Fact]
    public void Fit_Progress_TellsIterationsAndTheEnd()
    {
        var seen = new List<ClipLinearProbeProgress>();
        var trainer = Trainer(new() { L2Regularization = 1, Progress = new Listener(seen.Add) });

        trainer.Fit(View);

        Assert.True(seen.Count > 4);
        Assert.Equal(Enumerable.Range(0, seen.Count - 1), seen.SkipLast(1).Select(p => p.Iteration));
        Assert.All(seen.Zip(seen.Skip(1)), p => Assert.True(p.Second.Objective <= p.First.Objective * (1 + 1e-8)));
        Assert.Equal(trainer.Report!.Final, seen[^1].Completed);
        Assert.All(seen, p => Assert.True(p.IsFinal));
        Assert.True(seen[^1].RelativeGap <= 1e-8);
    }

    [Theory, InlineData(true), InlineData(false)]
    public void Cancelled_WhileTraining_StopsWithinOneIteration(bool byToken)
    {
        int after = 0;
        bool cancelled = false;
        using var stop = new CancellationTokenSource();
        var trainer = Trainer(new()
        {
            CancellationToken = stop.Token,
            Progress = new Listener(p =>
            {
                after += cancelled ? 1 : 0;
                if (p.Iteration == 2)
                {
                    (byToken ? (Action)stop.Cancel : _ml.CancelExecution)();
                    cancelled = true;
                }
            }),
        });

        Assert.ThrowsAny<OperationCanceledException>(() => trainer.Fit(View));

        Assert.True(cancelled);
        Assert.Equal(0, after);
    }

    [Fact]
    public void Fit_TokenCancelledWhileRowsAreRead_ReadsNoFurther()
    {
        using var stop = new CancellationTokenSource();
        int read = 0;
        var data = _ml.Data.FilterByCustomPredicate<RowNumber>(View, _ =>
        {
            if (++read == 7)
            {
                stop.Cancel();
            }
            return false;
        });

        Assert.ThrowsAny<OperationCanceledException>(() => Trainer(new() { CancellationToken = stop.Token }).Fit(data));

        Assert.Equal(7, read);
    }

    [Fact]
    public void Fit_IterationLimit_IsReportedAndWarnedOf()
    {
        var log = new List<LoggingEventArgs>();
        _ml.Log += (_, e) => log.Add(e);
        var trainer = Trainer(new() { L2Regularization = 1e-3f, MaximumNumberOfIterations = 3 });

        trainer.Fit(View);

        Assert.False(trainer.Report!.Final.Converged);
        Assert.Equal(3, trainer.Report.Final.Iterations);
        Assert.Contains(log, e => e.Kind == ChannelMessageKind.Warning && e.Message.Contains("the iteration limit (3) was reached", StringComparison.Ordinal));
    }

    [Fact]
    public void Fit_SameSeed_SameModel()
    {
        float[][] first = Scores(new() { Seed = 5, NumberOfThreads = 2 }), second = Scores(new() { Seed = 5, NumberOfThreads = 2 });
        Assert.Equal(first, second);

        // Without an option, the MLContext's seed decides.
        Assert.Equal(ScoresOf(new MLContext(seed: 3)), ScoresOf(new MLContext(seed: 3)));

        float[][] Scores(ClipLinearProbeTrainer.Options options) => Trainer(options).Fit(View).Transform(View).GetColumnOf("Score");
        static float[][] ScoresOf(MLContext ml)
        {
            var view = Problem.ToView(ml);
            return ml.MulticlassClassification.Trainers.ClipLinearProbe(options: new() { NumberOfThreads = 2 }).Fit(view).Transform(view).GetColumnOf("Score");
        }
    }

    [Fact]
    public void Fit_WholeWeights_EqualRepeatedRows()
    {
        int[] times = [.. Enumerable.Range(0, 400).Select(i => i % 4)];
        int[] order = [.. Enumerable.Range(0, 400).SelectMany(i => Enumerable.Repeat(i, times[i]))];
        var repeated = new ProbeProblem([.. order.Select(i => Problem.Features[i])], [.. order.Select(i => Problem.Labels[i])]);
        var weighted = new ProbeProblem(Problem.Features, Problem.Labels, [.. times.Select(t => (float)t)]);

        double[] a = Weights(new() { L2Regularization = 0.5f }, repeated),
            b = Weights(new() { L2Regularization = 0.5f, ExampleWeightColumnName = "Weight" }, weighted);

        AssertSameOptimum(a, b);
    }

    [Fact]
    public void Fit_RowsInAnotherOrder_SameOptimum()
    {
        int[] order = [.. Enumerable.Range(0, 400).OrderBy(i => (i * 7919) % 400)];
        var permuted = new ProbeProblem([.. order.Select(i => Problem.Features[i])], [.. order.Select(i => Problem.Labels[i])]);

        AssertSameOptimum(Weights(new() { L2Regularization = 0.5f }, Problem), Weights(new() { L2Regularization = 0.5f }, permuted));
    }

    [Fact]
    public void Create_OptionsOutOfRange_NameTheOption()
    {
        void Throws(string name, ClipLinearProbeTrainer.Options options) =>
            Assert.Contains(name, Assert.ThrowsAny<ArgumentException>(() => Trainer(options)).Message, StringComparison.Ordinal);

        Throws("L2Regularization", new() { L2Regularization = 0 });
        Throws("L2Regularization", new() { L2Regularization = -1 });
        Throws("L2Regularization", new() { L2Regularization = float.NaN });
        Throws("L2Regularization", new() { L2Regularization = float.PositiveInfinity });
        Throws("ValidationFraction", new() { ValidationFraction = 0 });
        Throws("ValidationFraction", new() { ValidationFraction = 1 });
        Throws("MaximumNumberOfIterations", new() { MaximumNumberOfIterations = 0 });
        Throws("OptimizationTolerance", new() { OptimizationTolerance = float.NaN });
        Throws("HistorySize", new() { HistorySize = 0 });
        Throws("NumberOfThreads has to be 1 to 1,024, but is 0", new() { NumberOfThreads = 0 });
        Throws("NumberOfThreads has to be 1 to 1,024, but is 2147483647", new() { NumberOfThreads = int.MaxValue });
    }

    private ClipLinearProbeTrainer Trainer(ClipLinearProbeTrainer.Options? options = null) =>
        _ml.MulticlassClassification.Trainers.ClipLinearProbe(options: options ?? new() { L2Regularization = 1 });

    private double[] Weights(ClipLinearProbeTrainer.Options options, ProbeProblem problem) =>
        [.. GoldenProbeTests.Parameters(Trainer(options).Fit(problem.ToView(_ml)).Model).SelectMany(w => w)];

    private static void AssertSameOptimum(double[] a, double[] b)
    {
        double distance = Math.Sqrt(a.Zip(b, (x, y) => (x - y) * (x - y)).Sum()), norm = Math.Sqrt(a.Sum(x => x * x));
        Assert.True(distance <= ProbeTolerances.SameOptimum * norm, $"{distance / norm:E1} apart");
    }

    private sealed class Listener(Action<ClipLinearProbeProgress> report) : IProgress<ClipLinearProbeProgress>
    {
        public void Report(ClipLinearProbeProgress value) => report(value);
    }

    private sealed class RowNumber
    {
        public int Row { get; set; }
    }
}
