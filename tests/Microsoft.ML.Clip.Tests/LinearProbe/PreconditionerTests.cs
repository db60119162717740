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
    [InlineData(131)]
    public unsafe void Factor_PositiveDefinite_MultipliesBackAndInverts(int size)
    {
        int stride = MatrixKernel.Pad(size);
        double[] a = Matrix(size);
        var buffer = new FloatBuffer(size * stride);
        for (int i = 0; i < size; i++)
        {
            for (int j = 0; j < size; j++)
                buffer.Span[(i * stride) + j] = j <= i ? (float)a[(i * size) + j] : float.NaN;
        }

        Cholesky.Factor(buffer.Pointer, size, stride, 1e-12);
        // The diagonal holds reciprocals.
        double[,] l = new double[size, size];
        for (int i = 0; i < size; i++)
        {
            for (int j = 0; j <= i; j++)
                l[i, j] = i == j ? 1.0 / buffer.Span[(i * stride) + i] : buffer.Span[(i * stride) + j];
        }
        for (int i = 0; i < size; i++)
        {
            for (int j = 0; j <= i; j++)
                Assert.Equal(a[i * size + j], Enumerable.Range(0, j + 1).Sum(p => l[i, p] * l[j, p]), Tolerance);
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
        Cholesky.Factor(a.Pointer, 3, 3, 1e-6);
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
                (v.Span[c * loss.Rows.Stride + j], g.Span[c * loss.Rows.Stride + j]) = (MathF.Sin(c + j), MathF.Cos(2 * c + 3 * j));
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
                preconditioner.Update(l2);
            FloatBuffer g = new(loss.ParameterCount), t = new(loss.ParameterCount);
            g.Span.Fill(1);
            preconditioner.ToGradient(g, t, 3);
            return t.Span.ToArray();
        }

        Assert.Equal(Gradient(false, 0.5), Gradient(true, 100, 0.5));
        Assert.Throws<InvalidOperationException>(() => Gradient(false, 100, 0.5));
    }

    private static double[] Matrix(int size)
    {
        var random = new Random(size);
        double[][] x = [.. Enumerable.Range(0, size + 5).Select(_ => Enumerable.Range(0, size).Select(_ => random.NextDouble() - 0.5).ToArray())];
        var a = new double[size * size];
        for (int i = 0; i < size; i++)
        {
            for (int j = 0; j < size; j++)
                a[i * size + j] = x.Sum(row => row[i] * row[j]) + (i == j ? 0.1 : 0);
        }
        return a;
    }
}
