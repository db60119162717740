namespace Microsoft.ML.Clip.Tests;

/// <summary>The trainer against Newton's method in float64, on problems from easy to nasty and for every strength of the sweep's range.</summary>
public sealed class OptimumTests
{
    public static TheoryData<string, double> Problems
    {
        get
        {
            var data = new TheoryData<string, double>();
            foreach (string name in (string[])["two", "separable", "unscaled", "few rows", "weighted", "imbalanced", "constant", "sorted"])
            {
                foreach (double c in (double[])[1e-6, 1e-3, 1, 1e3, 1e6])
                {
                    data.Add(name, c);
                }
            }
            return data;
        }
    }

    [Theory]
    [MemberData(nameof(Problems))]
    public void Fit_AnyProblemAndStrength_ReachesTheOptimum(string name, double c)
    {
        var problem = Create(name);
        var training = problem.Slice(..(problem.Labels.Length * 4 / 5));
        var validation = problem.Slice((problem.Labels.Length * 4 / 5)..);
        var ml = new MLContext(seed: 1);
        var trainer = ml.MulticlassClassification.Trainers.ClipLinearProbe(options: new()
        {
            L2Regularization = (float)(1 / c),
            ExampleWeightColumnName = problem.Weights is null ? null : "Weight"
        });

        var model = trainer.Fit(training.ToView(ml));

        double l2 = (float)(1 / c);
        double[][] optimum = PlainSoftmaxRegression.Minimize(training, l2), actual = GoldenProbeTests.Parameters(model.Model);
        double expected = PlainSoftmaxRegression.Objective(training, optimum, l2), found = PlainSoftmaxRegression.Objective(training, actual, l2);
        Assert.True(trainer.Report!.Final.Converged);
        Assert.Equal(0, (found - expected) / expected, ProbeTolerances.Objective);
        Assert.Equal(0, (trainer.Report.Final.Objective * l2 - expected) / expected, ProbeTolerances.Objective);
        int[] theirs = PlainSoftmaxRegression.Predict(validation, optimum), ours = PlainSoftmaxRegression.Predict(validation, actual);
        Assert.True(theirs.Zip(ours).Count(p => p.First == p.Second) >= ProbeTolerances.EqualPredictions * theirs.Length);
    }

    private static ProbeProblem Create(string name)
    {
        switch (name)
        {
            case "two":
                return ProbeProblem.Blobs(250, 8, 2, 0.4, 1);
            case "separable":
                return ProbeProblem.Blobs(200, 10, 3, 4, 2);
            case "unscaled":
                return ProbeProblem.Blobs(300, 7, 3, 0.5, 3).Map((v, j) => (float)(v * Math.Pow(10, j - 3) + Math.Pow(10, j - 2)));
            case "few rows":
                return ProbeProblem.Blobs(25, 15, 3, 0.5, 4);
            case "weighted":
                return ProbeProblem.Blobs(250, 6, 4, 0.4, 5, weighted: true);
            case "imbalanced":
                var blobs = ProbeProblem.Blobs(300, 6, 3, 0.6, 6);
                var random = new Random(6);
                return new ProbeProblem(blobs.Features, [.. blobs.Labels.Select((l, i) => i > 50 && random.NextDouble() < 0.8 ? 0 : l)]);
            case "constant":
                return ProbeProblem.Blobs(200, 6, 3, 0.4, 7).Map((v, j) => j is 1 or 4 ? 17 : v);
            default:
                var shuffled = ProbeProblem.Blobs(250, 6, 3, 0.4, 8);
                int[] order = [.. Enumerable.Range(0, 200).OrderBy(i => shuffled.Labels[i]), .. Enumerable.Range(200, 50)];
                return new ProbeProblem([.. order.Select(i => shuffled.Features[i])], [.. order.Select(i => shuffled.Labels[i])]);
        }
    }
}
