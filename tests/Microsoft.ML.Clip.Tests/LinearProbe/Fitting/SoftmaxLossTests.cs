using CsCheck;

namespace Microsoft.ML.Clip.Tests;

public sealed class SoftmaxLossTests
{
    [Fact]
    public void PlainGradient_AnyProblem_IsTheSlopeOfThePlainObjective()
    {
        // The formula itself, in float64, by central differences: what the fast gradient is then compared with.
        (from seed in Gen.Int[0, 1_000_000]
         from k in Gen.Int[2, 5]
         from d in Gen.Int[1, 6]
         from weighted in Gen.Bool
         from scale in Gen.Double[0.01, 3]
         select (seed, k, d, weighted, scale)).Sample(t =>
        {
            var problem = ProbeProblem.Blobs(20, t.d, t.k, 1, t.seed, t.weighted);
            double[][] w = Parameters(problem, t.seed, t.scale);
            double[][] gradient = PlainSoftmaxRegression.Gradient(problem, w, 0.7);
            double largest = gradient.Max(row => row.Max(Math.Abs));
            for (int c = 0; c < t.k; c++)
            {
                for (int j = 0; j <= t.d; j++)
                {
                    double at = w[c][j], h = 1e-5;
                    w[c][j] = at + h;
                    double above = PlainSoftmaxRegression.Objective(problem, w, 0.7);
                    w[c][j] = at - h;
                    double below = PlainSoftmaxRegression.Objective(problem, w, 0.7);
                    w[c][j] = at;
                    Assert.Equal((above - below) / (2 * h), gradient[c][j], ProbeTolerances.FiniteDifference * Math.Max(1, largest));
                }
            }
        }, iter: 60, threads: 1);
    }

    [Theory]
    [InlineData(1, 1, 2)]
    [InlineData(3, 7, 2)]
    [InlineData(500, 15, 3)]
    [InlineData(700, 16, 16)]
    [InlineData(300, 33, 17)]
    [InlineData(600, 64, 33)]
    [InlineData(260, 257, 100)]
    public void Evaluate_AnyShapeAndNumberOfThreads_EqualsTheFormula(int rows, int dimension, int classes)
    {
        var problem = ProbeProblem.Blobs(Math.Max(rows, classes), dimension, classes, 0.5, rows, weighted: rows % 2 == 0);
        double[][] w = Parameters(problem, 3, 0.5);
        double expected = PlainSoftmaxRegression.Objective(problem, w, 0);
        double[][] gradient = PlainSoftmaxRegression.Gradient(problem, w, 0);
        double magnitude = problem.Features.Select((f, i) => (problem.Weights?[i] ?? 1) * Math.Max(1, f.Max(MathF.Abs))).Sum();

        foreach (int threads in (int[])[1, 2, 3])
        {
            var loss = new SoftmaxLoss(problem.ToRows(), classes, threads);
            FloatBuffer parameters = new(loss.ParameterCount), actual = new(loss.ParameterCount);
            for (int c = 0; c < classes; c++)
            {
                for (int j = 0; j <= dimension; j++)
                {
                    parameters.Span[c * loss.Rows.Stride + j] = (float)w[c][j];
                }
            }
            Assert.Equal(expected, loss.Evaluate(parameters, actual), ProbeTolerances.Gradient * Math.Max(1, expected) * 10);
            for (int c = 0; c < classes; c++)
            {
                for (int j = 0; j <= dimension; j++)
                {
                    Assert.Equal(gradient[c][j], actual.Span[c * loss.Rows.Stride + j], ProbeTolerances.Gradient * magnitude);
                }
            }
            Assert.Equal(expected, loss.Score(parameters).Loss, ProbeTolerances.Gradient * Math.Max(1, expected) * 10);
            Assert.Equal(PlainSoftmaxRegression.Predict(problem, w).Zip(problem.Labels).Count(p => p.First == p.Second), loss.Score(parameters).Right);
        }
    }

    [Fact]
    public void Evaluate_RowsAllButCertain_KeepsTheDigitsOfASmallLoss()
    {
        // Logits 0 and 30: a loss of 9.4e-14 a row, which log(1 + 9.4e-14) in float32 would lose.
        var rows = new ProbeRows(1, weighted: false);
        rows.Add(1)[0] = 30;
        var loss = new SoftmaxLoss(rows, 2, 1);
        FloatBuffer w = new(loss.ParameterCount), gradient = new(loss.ParameterCount);
        w.Span[rows.Stride] = 1;

        double value = loss.Evaluate(w, gradient);

        Assert.Equal(1, value / Math.Exp(-30), 1e-5);
        Assert.Equal(1, gradient.Span[0] / (30 * Math.Exp(-30)), 1e-5);
        Assert.Equal(-1, gradient.Span[rows.Stride] / (30 * Math.Exp(-30)), 1e-5);
    }

    [Fact]
    public void Evaluate_LabelFarBelowTheBest_StaysFinite()
    {
        var rows = new ProbeRows(1, weighted: false);
        rows.Add(0)[0] = 5000;
        var loss = new SoftmaxLoss(rows, 2, 1);
        FloatBuffer w = new(loss.ParameterCount), gradient = new(loss.ParameterCount);
        w.Span[rows.Stride] = 1;

        Assert.Equal(5000, loss.Evaluate(w, gradient), 1e-3);
        Assert.Equal(-5000, gradient.Span[0]);
    }

    [Fact]
    public void Evaluate_SameNumberOfThreads_SameBits()
    {
        var problem = ProbeProblem.Blobs(2000, 40, 10, 0.3, 5);
        var loss = new SoftmaxLoss(problem.ToRows(), 10, 3);
        FloatBuffer w = new(loss.ParameterCount), first = new(loss.ParameterCount), second = new(loss.ParameterCount);
        for (int i = 0; i < w.Length; i++)
        {
            w.Span[i] = MathF.Sin(i);
        }

        Assert.Equal(loss.Evaluate(w, first), loss.Evaluate(w, second));
        Assert.Equal(first.Span, second.Span);
    }

    private static double[][] Parameters(ProbeProblem problem, int seed, double scale)
    {
        var random = new Random(seed);
        return [.. Enumerable.Range(0, problem.Classes).Select(_ =>
            Enumerable.Range(0, problem.Dimension + 1).Select(_ => (double)(float)(scale * (random.NextDouble() - 0.5))).ToArray())];
    }
}
