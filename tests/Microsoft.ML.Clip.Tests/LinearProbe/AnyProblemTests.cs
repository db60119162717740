using System.Globalization;

namespace Microsoft.ML.Clip.Tests;

/// <summary>
/// Whatever shape, scale and strength a problem has, the fit ends at its optimum: drawn problems of every awkward kind, against Newton's method on
/// the whole Hessian in float64.
/// </summary>
public sealed class AnyProblemTests
{
    private static readonly string[] Kinds =
    [
        "plain", "separable", "outlier row", "outlier rows", "shifted rows", "scaled columns", "equal rows", "nearly equal rows", "dependent columns",
        "decaying spectrum", "sparse",
    ];

    private static readonly double[] Strengths = [1e-6, 1e-5, 1e-4, 1e-3, 0.1, 1, 1e2, 1e4, 1e6];

    private static readonly double[] Scales = [1e-6, 1e-3, 0.1, 1, 1, 1, 10, 1e3, 1e6];

    public static TheoryData<string, int> Draws
    {
        get
        {
            int draws = int.Parse(Environment.GetEnvironmentVariable("CLIP_PROBE_DRAWS") ?? "6", CultureInfo.InvariantCulture);
            var data = new TheoryData<string, int>();
            foreach (string kind in Kinds)
            {
                for (int seed = 0; seed < draws; seed++)
                {
                    data.Add(kind, seed);
                }
            }
            return data;
        }
    }

    [Theory]
    [MemberData(nameof(Draws))]
    public void Fit_DrawnProblem_EndsAtTheOptimum(string kind, int seed)
    {
        var random = new Random(seed * 1000 + Array.IndexOf(Kinds, kind));
        // The reference works on all k (r + 1) parameters at once, r the lesser of rows and values: that has to stay small.
        int classes = random.Next(4) == 0 ? random.Next(3, 9) : 2, most = 150 / classes;
        bool isWide = random.Next(2) == 0;
        int values = isWide ? (int)Math.Pow(10, 1 + 2.5 * random.NextDouble()) : random.Next(1, most);
        int rows = isWide ? random.Next(2, Math.Min(values, most) + 1) : (int)Math.Pow(10, 0.5 + 2 * random.NextDouble());
        rows = Math.Max(rows, classes);
        double l2 = (float)Strengths[random.Next(Strengths.Length)], scale = Scales[random.Next(Scales.Length)];
        var problem = Create(kind, rows, values, classes, scale, random);
        var ml = new MLContext(seed: 1);
        var warnings = new List<string>();
        ml.Log += (_, e) =>
        {
            if (e.Kind == Microsoft.ML.Runtime.ChannelMessageKind.Warning)
            {
                warnings.Add(e.Message);
            }
        };
        var trainer = ml.MulticlassClassification.Trainers.ClipLinearProbe(options: new() { L2Regularization = (float)l2 });

        var model = trainer.Fit(problem.ToView(ml));

        string name = $"{kind} {seed}: {rows} x {values}, {classes} classes, l2 {l2:G3}, scale {scale:G3}, {trainer.Report!.Final.Iterations} iterations";
        double[][] actual = GoldenProbeTests.Parameters(model.Model);
        double found = PlainSoftmaxRegression.Objective(problem, actual, l2), told = trainer.Report.Final.Objective * l2;
        double expected = OptimumOf(problem, l2);
        // Values enlarged a million times, of columns that depend on each other but for their own rounding, or of rows that are five decades longer than
        // others: weights in single precision have not the digits for that. Then a fit may end before the optimum, but has to say so.
        if (kind is "dependent columns" or "outlier row" && scale > 1e3 && !trainer.Report.Final.Converged)
        {
            Assert.Contains(warnings, w => w.Contains("single precision", StringComparison.Ordinal));
            return;
        }
        Assert.True(trainer.Report.Final.Converged, name);
        Assert.True(found <= expected * (1 + ProbeTolerances.Objective), $"{name}: {found:G10}, told {told:G10}, expected {expected:G10}");
        Assert.True(Math.Abs(told - found) <= ProbeTolerances.Objective * found, $"{name}: told {told:G10}, found {found:G10}");
    }

    private static ProbeProblem Create(string kind, int rows, int values, int classes, double scale, Random random)
    {
        var problem = ProbeProblem.Blobs(rows, values, classes, kind == "separable" ? 5 : 0.5, random.Next());
        float[][] x = problem.Features;
        switch (kind)
        {
            case "outlier row":
                Multiply(x[random.Next(rows)], (float)Math.Pow(10, random.Next(2, 6)));
                break;
            case "outlier rows":
                foreach (float[] row in x.Where(_ => random.Next(20) == 0))
                {
                    Multiply(row, (float)Math.Pow(10, random.Next(1, 5)));
                }
                break;
            case "shifted rows":
                foreach (float[] row in x)
                {
                    float shift = (float)(random.NextDouble() * Math.Pow(10, random.Next(1, 5)));
                    for (int j = 0; j < values; j++)
                    {
                        row[j] += shift;
                    }
                }
                break;
            case "scaled columns":
                double[] scales = [.. Enumerable.Range(0, values).Select(_ => Math.Pow(10, 12 * random.NextDouble() - 6))];
                return problem.Map((v, j) => (float)(v * scales[j] * Math.Min(scale, 1e3)));
            case "equal rows":
                for (int i = 1; i < rows; i += 2)
                {
                    x[i - 1].CopyTo(x[i], 0);
                }
                break;
            case "nearly equal rows":
                for (int i = 1; i < rows; i++)
                {
                    for (int j = 0; j < values; j++)
                    {
                        x[i][j] = x[0][j] + 1e-4f * x[i][j];
                    }
                }
                break;
            case "dependent columns":
                return problem.Map((v, _) => v * (float)scale).Mix(Math.Max(1, values / 3));
            case "decaying spectrum":
                return problem.Map((v, j) => (float)(v * scale * Math.Exp(-0.3 * j)));
            case "sparse":
                return problem.Map((v, _) => random.Next(4) == 0 ? (float)(v * scale) : 0);
        }
        return problem.Map((v, _) => (float)(v * scale));
    }

    private static void Multiply(float[] row, float factor)
    {
        for (int j = 0; j < row.Length; j++)
        {
            row[j] *= factor;
        }
    }

    // For fewer rows than values, the reference works in the space of the rows, where the same weights are as long and give the same logits.
    private static double OptimumOf(ProbeProblem problem, double l2)
    {
        if (problem.Features.Length >= problem.Dimension)
        {
            return PlainSoftmaxRegression.Objective(problem, PlainSoftmaxRegression.Minimize(problem, l2), l2);
        }
        return PlainSoftmaxRegression.Objective(problem, PlainSoftmaxRegression.MinimizeInRowSpace(problem, l2), l2);
    }
}
