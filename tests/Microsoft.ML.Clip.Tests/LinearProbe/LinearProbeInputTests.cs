using Microsoft.ML.Data;

namespace Microsoft.ML.Clip.Tests;

/// <summary>Bad input: clear errors, or the documented behaviour.</summary>
public sealed class LinearProbeInputTests
{
    private static readonly ProbeProblem Problem = ProbeProblem.Blobs(60, 5, 3, 1, 31);

    private readonly MLContext _ml = new(seed: 1);
    private readonly List<string> _warnings = [];

    public LinearProbeInputTests() => _ml.Log += (_, e) =>
    {
        if (e.Kind == Microsoft.ML.Runtime.ChannelMessageKind.Warning)
        {
            _warnings.Add(e.Message);
        }
    };

    [Theory]
    [InlineData(float.NaN)]
    [InlineData(float.PositiveInfinity)]
    [InlineData(float.NegativeInfinity)]
    public void Fit_FeaturesNotFinite_SkipsTheRowsWithAWarning(float value)
    {
        float[][] features = [.. Problem.Features.Select(f => f.ToArray())];
        features[37][3] = value;
        features[41][0] = value;
        var trainer = _ml.MulticlassClassification.Trainers.ClipLinearProbe(options: new() { L2Regularization = 1 });

        trainer.Fit(new ProbeProblem(features, Problem.Labels).ToView(_ml));

        Assert.Equal((58, 2), (trainer.Report!.TrainingRows, trainer.Report.RowsSkipped));
        Assert.Contains(_warnings, w => w.Contains("2 rows were skipped because their features in column 'Features' are not finite", StringComparison.Ordinal)
            && w.Contains($"row 37 (counted from 0), where value 3 is {value}", StringComparison.Ordinal));
        int[] kept = [.. Enumerable.Range(0, 60).Where(i => i is not 37 and not 41)];
        var rest = new ProbeProblem([.. kept.Select(i => Problem.Features[i])], [.. kept.Select(i => Problem.Labels[i])]);
        Assert.Equal(1, trainer.Report.Final.Objective / Objective(rest), ProbeTolerances.Objective);
    }

    [Fact]
    public void Fit_NoFiniteRow_SaysSo() =>
        Throws("There are no rows to learn from: the training data have 60, of which all were skipped: 60 with values in column 'Features' that are not finite.",
            Problem.Map((_, _) => float.NaN).ToView(_ml));

    [Theory]
    [InlineData("Name", "String")]
    [InlineData("Row", "Int32")]
    public void Fit_LabelIsNoKey_NamesMapValueToKey(string column, string type)
    {
        foreach (bool inPipeline in (bool[])[false, true])
        {
            IEstimator<ITransformer> trainer = _ml.MulticlassClassification.Trainers.ClipLinearProbe(column);
            if (inPipeline)
            {
                trainer = _ml.Transforms.CopyColumns("Other", "Features").Append(trainer);
            }
            var error = Assert.ThrowsAny<Exception>(() => trainer.Fit(Problem.ToView(_ml)));
            Assert.Contains($"label column '{column}' has to be a key", error.Message, StringComparison.Ordinal);
            Assert.Contains(type, error.Message, StringComparison.Ordinal);
            Assert.Contains($"MapValueToKey(\"{column}\")", error.Message, StringComparison.Ordinal);
        }
    }

    // 2^31 asked for more than an array can be, 30 million took half a minute.
    [Fact]
    public void Fit_KeyOfVeryManyValues_SaysHowManyMayBe()
    {
        var rows = _ml.Data.LoadFromEnumerable(Enumerable.Range(0, 9).Select(i => new KeyRow { Label = (uint)(1 + i % 3), Features = [i, i % 3] }).ToArray());

        Throws("The key of the label column 'Label' has 2,000,000,000 values; expected at most 1,000,000", rows);
    }

    [Fact]
    public void Fit_MissingColumn_NamesIt()
    {
        var view = Problem.ToView(_ml);
        Assert.Contains("Nowhere", Assert.ThrowsAny<Exception>(() => _ml.MulticlassClassification.Trainers.ClipLinearProbe("Nowhere").Fit(view))
            .Message, StringComparison.Ordinal);
        Assert.Contains("Nowhere", Assert.ThrowsAny<Exception>(() => _ml.MulticlassClassification.Trainers.ClipLinearProbe("Label", "Nowhere").Fit(view))
            .Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Fit_OneClass_NamesIt() =>
        Throws("All rows are of one class, 'class 1'", new ProbeProblem(Problem.Features, [.. Problem.Labels.Select(_ => 1)]).ToView(_ml));

    [Fact]
    public void Fit_ClassWithoutRows_GetsProbabilityZeroAndAWarning()
    {
        // Keys for 'class 0', 'class 1', 'class 2', 'class 3', of which 1 has no rows.
        var problem = new ProbeProblem(Problem.Features, [.. Problem.Labels.Select(l => l == 1 ? 3 : l)]);
        var trainer = _ml.MulticlassClassification.Trainers.ClipLinearProbe(options: new() { L2Regularization = 1 });

        var scores = trainer.Fit(problem.ToView(_ml)).Transform(problem.ToView(_ml));

        Assert.All(scores.GetColumnOf("Score"), s =>
        {
            Assert.Equal(4, s.Length);
            Assert.Equal(0, s[1]);
            Assert.Equal(1, s.Sum(), 1e-5);
        });
        Assert.Equal([1], trainer.Report!.ClassesWithoutRows);
        Assert.Contains(_warnings, w => w.Contains("1 of 4 classes have no rows and get probability 0: 'class 1'", StringComparison.Ordinal));
        // The others are as if the class did not exist.
        var dense = new ProbeProblem(Problem.Features, [.. problem.Labels.Select(l => l == 3 ? 1 : l == 2 ? 2 : 0)]);
        Assert.Equal(1, trainer.Report.Final.Objective / Objective(dense), ProbeTolerances.Objective);
        Assert.True(double.IsFinite(_ml.MulticlassClassification.Evaluate(scores).LogLoss));
    }

    [Fact]
    public void Fit_FewerRowsThanClasses_LearnsThoseThatThereAre()
    {
        var problem = new ProbeProblem([.. Problem.Features.Take(4)], [0, 7, 9, 7]);
        var trainer = _ml.MulticlassClassification.Trainers.ClipLinearProbe(options: new() { L2Regularization = 0.01f });

        var predicted = trainer.Fit(problem.ToView(_ml)).Transform(problem.ToView(_ml)).GetColumn<uint>("PredictedLabel");

        Assert.Equal([1u, 8u, 10u, 8u], predicted);
        Assert.Equal(7, trainer.Report!.ClassesWithoutRows.Count);
        Assert.Single(_warnings, w => w.Contains("7 of 10 classes have no rows", StringComparison.Ordinal));
    }

    [Fact]
    public void Fit_ConstantFeatures_GetWeightsOfZero()
    {
        var problem = Problem.Map((v, j) => j == 2 ? 3.7f : v);

        var model = _ml.MulticlassClassification.Trainers.ClipLinearProbe(options: new() { L2Regularization = 0.1f }).Fit(problem.ToView(_ml));

        Assert.All(GoldenProbeTests.Parameters(model.Model), w => Assert.Equal(0, w[2], 1e-5));
        Assert.All(GoldenProbeTests.Parameters(model.Model), w => Assert.NotEqual(0, w[1], 1e-3));
    }

    [Fact]
    public void Fit_NothingButConstantFeatures_PredictsTheSharesOfTheClasses()
    {
        var problem = Problem.Map((_, _) => 2);

        float[][] scores = _ml.MulticlassClassification.Trainers.ClipLinearProbe().Fit(problem.ToView(_ml)).Transform(problem.ToView(_ml)).GetColumnOf("Score");

        for (int c = 0; c < 3; c++)
        {
            Assert.Equal(problem.Labels.Count(l => l == c) / 60.0, scores[0][c], 1e-4);
        }
    }

    [Fact]
    public void Fit_VectorsOfVaryingSize_SaysWhatIsWanted()
    {
        // Without a size in the schema, a vector may have another length in every row.
        var rows = _ml.Data.LoadFromEnumerable(Problem.Features.Select((f, i) =>
            new ProbeRow { Features = [.. f, .. new float[i % 2]], Name = "n" + i % 2 }).ToArray());
        var view = _ml.Transforms.Conversion.MapValueToKey("Label", "Name").Fit(rows).Transform(rows);

        Throws("Schema mismatch for feature column 'Features': expected ", view);
        Throws("VarVector<Single>", view);
    }

    [Fact]
    public void Fit_VectorOfAnotherSizeThanDeclared_IsAnError()
    {
        float[][] features = [.. Problem.Features];
        features[20] = [1, 2];

        Assert.ThrowsAny<Exception>(() => _ml.MulticlassClassification.Trainers.ClipLinearProbe().Fit(new ProbeProblem(features, Problem.Labels).ToView(_ml)));
    }

    [Theory]
    [InlineData(-0.5f)]
    [InlineData(float.NaN)]
    [InlineData(float.PositiveInfinity)]
    public void Fit_BadWeight_NamesTheRow(float weight)
    {
        float[] weights = [.. Enumerable.Repeat(1f, 60)];
        weights[12] = weight;

        var error = Throws("Row 12 (counted from 0), column 'Weight': the weight has to be 0 or more and finite",
            new ProbeProblem(Problem.Features, Problem.Labels, weights).ToView(_ml), "Weight");
        var inner = Assert.IsType<ClipRowException>(error.GetBaseException());
        Assert.Equal((12L, "Weight"), (inner.Row, inner.Column));
    }

    [Fact]
    public void Fit_AllWeightsZero_SaysSo() =>
        Throws("All weights in column 'Weight' are 0", new ProbeProblem(Problem.Features, Problem.Labels, new float[60]).ToView(_ml), "Weight");

    [Fact]
    public void Fit_EmptySet_SaysSo() =>
        Throws("There are no rows to learn from: the training data have none.", _ml.Data.SkipRows(Problem.ToView(_ml), 60));

    [Fact]
    public void Fit_NoRowIsLeft_CountsThemByReason()
    {
        // Class 0 has no label, class 1 no features, class 2 no weight.
        float[][] features = [.. Problem.Features.Zip(Problem.Labels, (f, label) => label == 1 ? [.. f.Select(_ => float.NaN)] : f)];
        float[] weights = [.. Problem.Labels.Select(label => label == 2 ? 0f : 1f)];
        var view = new ProbeProblem(features, Problem.Labels, weights).ToView(_ml);
        var keys = _ml.Transforms.ClipLabelKey("Label", "Name", ["class 1", "class 2"]).Fit(view).Transform(view);
        int[] counts = [.. Enumerable.Range(0, 3).Select(c => Problem.Labels.Count(l => l == c))];

        Throws($"There are no rows to learn from: the training data have 60, of which all were skipped: {counts[0]} without a label in column 'Label', "
            + $"{counts[1]} with values in column 'Features' that are not finite, {counts[2]} of weight 0.", keys, "Weight");
    }

    [Fact]
    public void Fit_NoRowHasALabel_DoesNotBlameTheWeights()
    {
        var view = Problem.ToView(_ml);
        var keys = _ml.Transforms.ClipLabelKey("Label", "Name", ["another"]).Fit(view).Transform(view);

        Throws("There are no rows to learn from: the training data have 60, of which all were skipped: 60 without a label in column 'Label'.", keys, "Weight");
    }

    [Fact]
    public void Fit_RowsWithoutLabel_AreSkippedWithAWarning()
    {
        var view = Problem.ToView(_ml);
        var keys = _ml.Transforms.ClipLabelKey("Label", "Name", ["class 0", "class 2"]).Fit(view).Transform(view);
        var trainer = _ml.MulticlassClassification.Trainers.ClipLinearProbe(options: new() { L2Regularization = 1 });

        trainer.Fit(keys);

        int missing = Problem.Labels.Count(l => l == 1);
        Assert.Equal((60 - missing, missing), (trainer.Report!.TrainingRows, trainer.Report.RowsSkipped));
        Assert.Contains(_warnings, w => w.Contains($"{missing} rows have no label and were skipped", StringComparison.Ordinal));
    }

    [Fact]
    public void Fit_EmptyValidationData_SaysSo()
    {
        var view = Problem.ToView(_ml);
        var error = Assert.ThrowsAny<Exception>(() => _ml.MulticlassClassification.Trainers.ClipLinearProbe().Fit(view, _ml.Data.SkipRows(view, 60)));
        Assert.Contains("There are no rows to choose by: the validation data have none. Without validation data,", error.Message, StringComparison.Ordinal);
    }

    private double Objective(ProbeProblem problem)
    {
        var trainer = _ml.MulticlassClassification.Trainers.ClipLinearProbe(options: new() { L2Regularization = 1 });
        trainer.Fit(problem.ToView(_ml));
        return trainer.Report!.Final.Objective;
    }

    private Exception Throws(string message, IDataView view, string? weights = null)
    {
        var error = Assert.ThrowsAny<Exception>(() =>
            _ml.MulticlassClassification.Trainers.ClipLinearProbe(options: new() { ExampleWeightColumnName = weights }).Fit(view));
        Assert.Contains(message, error.Message, StringComparison.Ordinal);
        return error;
    }

    private sealed class KeyRow
    {
        [KeyType(2_000_000_000)]
        public uint Label { get; set; }

        [VectorType(2)]
        public float[] Features { get; set; } = [];
    }
}
