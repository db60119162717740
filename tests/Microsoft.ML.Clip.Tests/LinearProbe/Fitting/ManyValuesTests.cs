namespace Microsoft.ML.Clip.Tests;

/// <summary>
/// Rows of so many values that a factor of their curvature would cost more than the fit: the way without one, and what it leaves to the other.
/// </summary>
public sealed class ManyValuesTests
{
    // More rows than values, so that they have no smaller space of their own.
    private const int Rows = 700, Values = 640, Classes = 3;

    private static readonly ProbeSettings Settings = new(2, 20, 1000, 1e-8);

    [Theory]
    [InlineData(1e-4, 0.1)]
    [InlineData(0.316, 0.1)]
    [InlineData(0.316, 1)]
    [InlineData(1e4, 0.1)]
    public void Fit_AnyStrength_ReachesTheOptimumOfTheFactor(double c, double distance)
    {
        var (problem, rows) = Create(distance, 11);
        double l2 = 1 / c, expected = Optimum(rows, l2);
        Assert.NotNull(PlainRegression.Of(rows, Classes, Settings));

        var solver = new ProbeSolver(rows, Classes, Settings, fitsOften: false);
        var fit = solver.Fit(l2, 0, isFinal: true, null);

        Assert.True(fit.Converged);
        Assert.Equal(0, (fit.Objective - expected) / expected, ProbeTolerances.Objective);
        Assert.Equal(0, (Objective(problem, solver.Weights, rows, l2) - expected) / expected, ProbeTolerances.Objective);
    }

    [Fact]
    public void Fit_StrengthsUpAndDown_EachReachesItsOptimum()
    {
        var (problem, rows) = Create(0.1, 12);
        var solver = new ProbeSolver(rows, Classes, Settings, fitsOften: true);

        foreach (double l2 in (double[])[1e3, 1e-5, 1, 1e-3, 100])
        {
            double expected = Optimum(rows, l2);
            Assert.True(solver.Fit(l2, 0, isFinal: true, null).Converged);
            Assert.Equal(0, (Objective(problem, solver.Weights, rows, l2) - expected) / expected, ProbeTolerances.Objective);
        }
    }

    [Fact]
    public void Fit_StrongRegularisation_NeedsNoFactor()
    {
        var (_, rows) = Create(0.1, 13);

        Assert.True(PlainRegression.Of(rows, Classes, Settings)!.Fit(10, 1e-8, null).Converged);
    }

    [Fact]
    public void Of_FewValues_LeavesItToTheFactor() =>
        Assert.Null(PlainRegression.Of(ProbeProblem.Blobs(20_000, 32, Classes, 0.5, 14).ToRows(), Classes, Settings));

    private static (ProbeProblem Problem, ProbeRows Rows) Create(double distance, int seed)
    {
        var problem = ProbeProblem.Blobs(Rows, Values, Classes, distance, seed).Map((v, _) => v / MathF.Sqrt(Values));
        return (problem, problem.ToRows());
    }

    private static double Optimum(ProbeRows rows, double l2) =>
        new SoftmaxRegression(rows, Classes, Settings with { Tolerance = 1e-9 }, fitsOften: false).Fit(l2).Objective;

    private static double Objective(ProbeProblem problem, FloatBuffer weights, ProbeRows rows, double l2) =>
        PlainSoftmaxRegression.Objective(problem,
            [.. Enumerable.Range(0, Classes).Select(c => weights.Span.Slice(c * rows.Stride, Values + 1).ToArray().Select(v => (double)v).ToArray())], l2);
}
