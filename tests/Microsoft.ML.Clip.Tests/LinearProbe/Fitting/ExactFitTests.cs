using System.Numerics.Tensors;

namespace Microsoft.ML.Clip.Tests;

/// <summary>What the fit in float64 is made of.</summary>
public sealed class ExactFitTests
{
    // Products of float64 sums, on matrices of condition 1e4 at most.
    private const double Digits = 1e-9;

    [Theory]
    [InlineData(1, 3, false)]
    [InlineData(7, 20, false)]
    [InlineData(40, 150, false)]
    [InlineData(7, 20, true)]
    [InlineData(40, 150, true)]
    public void Solve_SumOfSquares_IsTheInverse(int size, int count, bool rotates)
    {
        var random = new Random(size);
        double[] Draw(int length) => [.. Enumerable.Range(0, length).Select(_ => random.NextDouble())];
        double[] vectors = [.. Draw(count * size).Select(v => v - 0.5)], factors = Draw(count), diagonal = Draw(size), b = Draw(size);
        double[] x = [.. b];
        var matrix = new PositiveMatrix(size);
        if (rotates)
        {
            matrix.Rotate([([.. vectors], factors)], diagonal);
        }
        else
        {
            matrix.Sum([(vectors, factors)], diagonal, 2);
        }

        matrix.Solve(x);

        for (int i = 0; i < size; i++)
        {
            double product = diagonal[i] * x[i];
            for (int v = 0; v < count; v++)
            {
                product += factors[v] * vectors[(v * size) + i] * TensorPrimitives.Dot<double>(vectors.AsSpan(v * size, size), x);
            }
            Assert.Equal(b[i], product, Digits);
        }
    }

    [Fact]
    public void Solve_RowsTenDecadesApart_RotationsKeepTheSmallOnes()
    {
        // A = 1e20 e e^T + a a^T with e, a at an angle: the sum forgets a a^T, the rotations do not.
        double[] diagonal = [1e-30, 1e-30], b = [1, 0];
        var matrix = new PositiveMatrix(2);
        matrix.Rotate([([1e10, 1e10, 1, -1], [1, 1])], diagonal);

        matrix.Solve(b);

        Assert.Equal(0.25, b[0], 1e-6);
        Assert.Equal(-0.25, b[1], 1e-6);
    }

    [Theory]
    [InlineData(6, 40)]
    [InlineData(20, 21)]
    [InlineData(30, 400)]
    public void Of_FewRows_KeepsTheirProductsAndGivesWeightsBack(int rows, int values)
    {
        var problem = ProbeProblem.Blobs(rows, values, 3, 1, rows);
        problem.Features[1].CopyTo(problem.Features[4], 0);
        var all = problem.ToRows();

        var space = RowSpace.Of(all, 2, null)!;

        // One row depends on the others.
        Assert.Equal(rows - 1, space.Rows.Dimension);
        for (int i = 0; i < rows; i++)
        {
            for (int j = 0; j <= i; j++)
            {
                int shared = Math.Min(space.Coordinates(i).Length, space.Coordinates(j).Length);
                double product = TensorPrimitives.Dot(space.Coordinates(i)[..shared], space.Coordinates(j)[..shared]);
                Assert.Equal(problem.Features[i].Zip(problem.Features[j], (a, b) => (double)a * b).Sum(), product, values * Digits);
            }
        }
        var coordinates = new FloatBuffer(space.Rows.Stride);
        coordinates.Span[0] = 2;
        coordinates.Span[space.Rows.Dimension - 1] = -1;
        coordinates.Span[space.Rows.Dimension] = 7;
        FloatBuffer weights = new(all.Stride), back = new(space.Rows.Stride);
        space.Expand(coordinates, weights, all.Stride);
        space.Project(weights, all.Stride, back);
        Assert.Equal(7, weights.Span[values]);
        for (int i = 0; i < space.Rows.Stride; i++)
        {
            Assert.Equal(coordinates.Span[i], back.Span[i], 1e-5f);
        }
    }

    [Fact]
    public void Of_MoreRowsThanValues_IsNothing() => Assert.Null(RowSpace.Of(ProbeProblem.Blobs(30, 30, 2, 1, 1).ToRows(), 1, null));

    [Theory]
    [InlineData(2, false)]
    [InlineData(5, true)]
    public void Gradient_AndHessian_AreTheFormulas(int classes, bool weighted)
    {
        var problem = ProbeProblem.Blobs(50, 6, classes, 0.6, 3, weighted);
        var random = new Random(4);
        double[][] w = [.. Enumerable.Range(0, classes).Select(_ => Enumerable.Range(0, 7).Select(_ => random.NextDouble() - 0.5).ToArray())];
        double[] flat = [.. w.SelectMany(r => r)], gradient = new double[flat.Length], step = new double[flat.Length], product = new double[flat.Length];
        var objective = new ExactObjective(problem.ToRows(), null, classes, 2, null);
        objective.Centre(flat);
        w = [.. flat.Chunk(7)];

        double value = objective.Evaluate(flat) + 0.35 * objective.Squares(flat);
        objective.Gradient(flat, 0.7, gradient);

        Assert.Equal(PlainSoftmaxRegression.Objective(problem, w, 0.7), value, Digits);
        double[] expected = [.. PlainSoftmaxRegression.Gradient(problem, w, 0.7).SelectMany(r => r)];
        Assert.All(expected.Zip(gradient), p => Assert.Equal(p.First, p.Second, Digits));

        // The Hessian along a direction, by differences of the gradient.
        for (int i = 0; i < step.Length; i++)
        {
            step[i] = random.NextDouble() - 0.5;
        }
        objective.Centre(step);
        objective.Multiply(step, 0.7, product);
        double[] Ahead(double t) => [.. PlainSoftmaxRegression.Gradient(problem, [.. flat.Zip(step, (a, b) => a + t * b).Chunk(7)], 0.7).SelectMany(r => r)];
        Assert.All(Ahead(1e-5).Zip(Ahead(-1e-5), (a, b) => (a - b) / 2e-5).Zip(product), p => Assert.Equal(p.First, p.Second, 1e-5));
        objective.SetDirection(step);
        var (loss, slope) = objective.Along(0.5);
        Assert.Equal(PlainSoftmaxRegression.Objective(problem, [.. flat.Zip(step, (a, b) => a + b / 2).Chunk(7)], 1e-300), loss, Digits);
        Assert.Equal(PlainSoftmaxRegression.Gradient(problem, [.. flat.Zip(step, (a, b) => a + b / 2).Chunk(7)], 1e-300).SelectMany(r => r)
            .Zip(step, (a, b) => a * b).Sum(), slope, Digits);
    }
}
