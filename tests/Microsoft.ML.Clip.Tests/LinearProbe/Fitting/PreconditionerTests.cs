using System.Numerics.Tensors;

namespace Microsoft.ML.Clip.Tests;

public sealed class PreconditionerTests
{
    // Elements are rounded to float32, on matrices of condition 1e3 at most; sums are float64.
    private const double Tolerance = 1e-4;

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(4)]
    [InlineData(17)]
    [InlineData(60)]
    [InlineData(64)]
    [InlineData(65)]
    [InlineData(131)]
    [InlineData(300)]
    public unsafe void Factor_PositiveDefinite_MultipliesBackAndInverts(int size)
    {
        int stride = MatrixKernel.Pad(size);
        double[] a = Matrix(size);
        var buffer = new FloatBuffer(size * stride);
        for (int i = 0; i < size; i++)
        {
            for (int j = 0; j < size; j++)
            {
                buffer.Span[(i * stride) + j] = j <= i ? (float)a[(i * size) + j] : float.NaN;
            }
        }

        Cholesky.Factor(buffer.Pointer, size, stride, 1e-12, 2);
        // The diagonal holds reciprocals.
        double[,] l = new double[size, size];
        for (int i = 0; i < size; i++)
        {
            for (int j = 0; j <= i; j++)
            {
                l[i, j] = i == j ? 1.0 / buffer.Span[(i * stride) + i] : buffer.Span[(i * stride) + j];
            }
        }
        for (int i = 0; i < size; i++)
        {
            for (int j = 0; j <= i; j++)
            {
                Assert.Equal(a[i * size + j], Enumerable.Range(0, j + 1).Sum(p => l[i, p] * l[j, p]), Tolerance);
            }
        }

        Cholesky.InvertToBoth(buffer.Pointer, size, stride, 2);
        for (int i = 0; i < size; i++)
        {
            for (int j = 0; j <= i; j++)
            {
                Assert.Equal(i == j ? 1 : 0, Enumerable.Range(j, i - j + 1).Sum(p => l[i, p] * buffer.Span[(p * stride) + j]), Tolerance);
                Assert.Equal(buffer.Span[(i * stride) + j], buffer.Span[(j * stride) + i]);
            }
        }
    }

    [Fact]
    public unsafe void Factor_DependentColumnsAndZeros_StaysFinite()
    {
        var a = new FloatBuffer(9);
        new float[] { 1, 0, 0, 1, 1, 0, 0, 0, 0 }.CopyTo(a.Span);
        Cholesky.Factor(a.Pointer, 3, 3, 1e-6, 1);
        Cholesky.InvertToBoth(a.Pointer, 3, 3, 1);
        Assert.All(a.Span.ToArray(), v => Assert.True(float.IsFinite(v)));
    }

    [Fact]
    public void Compute_AtTheStart_IsTheMeanCurvatureOfTheSoftmax()
    {
        // With weights of zero, p = 1/k and h = (1 - 1/k) / (k - 1) = 1/k for every row.
        var problem = ProbeProblem.Blobs(900, 9, 4, 0.5, 1);
        var loss = new SoftmaxLoss(problem.ToRows(), 4, 2);
        loss.Evaluate(new FloatBuffer(loss.ParameterCount), new FloatBuffer(loss.ParameterCount));

        int stride = loss.Rows.Stride;
        var sample = new FloatBuffer(10 * stride);
        new CurvatureSample(loss, 2).Compute(sample);

        for (int i = 0; i <= 9; i++)
        {
            for (int j = 0; j <= i; j++)
            {
                double expected = problem.Features.Sum(f => (i < 9 ? f[i] : 1.0) * (j < 9 ? f[j] : 1.0)) / 4;
                Assert.Equal(expected, sample.Span[(i * stride) + j], 1e-5 * 900);
            }
        }
    }

    [Fact]
    public void Compute_WhereMostRowsAreCertain_DrawsTheOthers()
    {
        // 8,000 rows, of which 1,024 are drawn. At large weights a few hundred have nearly all of the curvature, and an even sample would have a few
        // dozen of them.
        const int Dimension = 9, Classes = 4;
        var problem = ProbeProblem.Blobs(8000, Dimension, Classes, 0.5, 3);
        var loss = new SoftmaxLoss(problem.ToRows(), Classes, 2);
        int stride = loss.Rows.Stride;
        FloatBuffer w = new(loss.ParameterCount), sample = new((Dimension + 1) * stride);
        for (int c = 0; c < Classes; c++)
        {
            for (int j = 0; j < Dimension; j++)
            {
                w.Span[(c * stride) + j] = 40 * MathF.Sin(1.6f * c + j * j);
            }
        }
        loss.Evaluate(w, new FloatBuffer(loss.ParameterCount));
        double[] curvatures = [.. problem.Features.Select(f =>
            Curvature([.. Enumerable.Range(0, Classes).Select(c => (double)TensorPrimitives.Dot(w.Span.Slice(c * stride, Dimension), f))]))];
        Assert.InRange(curvatures.Count(h => h > curvatures.Average()), 100, 1000);

        new CurvatureSample(loss, 2).Compute(sample);

        // An even sample of as many rows misses single values by a third.
        double trace = curvatures.Select((h, i) => h * (1 + problem.Features[i].Sum(v => (double)v * v))).Sum() / (Classes - 1);
        for (int i = 0; i <= Dimension; i++)
        {
            for (int j = 0; j <= i; j++)
            {
                double expected = problem.Features.Select((f, r) => curvatures[r] * (i < Dimension ? f[i] : 1) * (j < Dimension ? f[j] : 1))
                    .Sum() / (Classes - 1);
                Assert.Equal(expected, sample.Span[(i * stride) + j], 0.02 * trace);
            }
        }
        // The constant's element is the sum of the curvatures, which the draws divide evenly.
        Assert.Equal(curvatures.Sum() / (Classes - 1), sample.Span[(Dimension * stride) + Dimension], 0.001 * trace);
    }

    [Fact]
    public void Compute_NoRowCurves_IsZero()
    {
        var rows = new ProbeRows(2, weighted: false);
        rows.Add(0).Fill(1);
        var loss = new SoftmaxLoss(rows, 2, 1);
        FloatBuffer w = new(loss.ParameterCount), sample = new(3 * rows.Stride);
        w.Span[0] = 1000;
        loss.Evaluate(w, new FloatBuffer(loss.ParameterCount));
        sample.Span.Fill(7);

        new CurvatureSample(loss, 1).Compute(sample);

        for (int i = 0; i < 3; i++)
        {
            Assert.Equal(new float[i + 1], sample.Span.Slice(i * rows.Stride, i + 1).ToArray());
        }
    }

    [Fact]
    public void ToWeightsAndToGradient_AreTransposesOfEachOther()
    {
        // <v M, g> = <v, g M^T>: what makes the gradient in the new variables the gradient of the objective in them.
        var problem = ProbeProblem.Blobs(500, 20, 3, 0.5, 2);
        var loss = new SoftmaxLoss(problem.ToRows(), 3, 1);
        loss.Evaluate(new FloatBuffer(loss.ParameterCount), new FloatBuffer(loss.ParameterCount));
        var preconditioner = new Preconditioner(21, loss.Rows.Stride, 1, keepsSample: false);
        preconditioner.Sample(new CurvatureSample(loss, 1));
        preconditioner.Update(0.5);
        FloatBuffer v = new(loss.ParameterCount), g = new(loss.ParameterCount), w = new(loss.ParameterCount), t = new(loss.ParameterCount);
        for (int c = 0; c < 3; c++)
        {
            for (int j = 0; j <= 20; j++)
            {
                (v.Span[c * loss.Rows.Stride + j], g.Span[c * loss.Rows.Stride + j]) = (MathF.Sin(c + j), MathF.Cos(2 * c + 3 * j));
            }
        }

        preconditioner.ToWeights(v, w, 3, accumulate: false);
        preconditioner.ToGradient(g, t, 3);

        double left = VectorMath.Dot(w.Span, g.Span), right = VectorMath.Dot(v.Span, t.Span);
        Assert.Equal(left, right, 1e-5 * Math.Sqrt(VectorMath.Dot(w.Span, w.Span) * VectorMath.Dot(g.Span, g.Span)));
    }

    [Fact]
    public void Update_Again_NeedsTheSampleKept()
    {
        var problem = ProbeProblem.Blobs(500, 20, 3, 0.5, 2);
        var loss = new SoftmaxLoss(problem.ToRows(), 3, 1);
        loss.Evaluate(new FloatBuffer(loss.ParameterCount), new FloatBuffer(loss.ParameterCount));
        float[] Gradient(bool keepsSample, params double[] strengths)
        {
            var preconditioner = new Preconditioner(21, loss.Rows.Stride, 1, keepsSample);
            preconditioner.Sample(new CurvatureSample(loss, 1));
            foreach (double l2 in strengths)
            {
                preconditioner.Update(l2);
            }
            FloatBuffer g = new(loss.ParameterCount), t = new(loss.ParameterCount);
            g.Span.Fill(1);
            preconditioner.ToGradient(g, t, 3);
            return t.Span.ToArray();
        }

        Assert.Equal(Gradient(false, 0.5), Gradient(true, 100, 0.5));
        Assert.Throws<InvalidOperationException>(() => Gradient(false, 100, 0.5));
    }

    private static double Curvature(double[] logits)
    {
        double[] e = [.. logits.Select(z => Math.Exp(z - logits.Max()))];
        return 1 - e.Sum(v => v * v) / (e.Sum() * e.Sum());
    }

    private static double[] Matrix(int size)
    {
        var random = new Random(size);
        double[][] x = [.. Enumerable.Range(0, size + 5).Select(_ => Enumerable.Range(0, size).Select(_ => random.NextDouble() - 0.5).ToArray())];
        double[] a = new double[size * size];
        for (int i = 0; i < size; i++)
        {
            for (int j = 0; j < size; j++)
            {
                a[i * size + j] = x.Sum(row => row[i] * row[j]) + (i == j ? 0.1 : 0);
            }
        }
        return a;
    }
}
