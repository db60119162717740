namespace Microsoft.ML.Clip.Tests;

public sealed class LbfgsMinimizerTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(5)]
    [InlineData(10)]
    public void Step_Rosenbrock_ReachesTheMinimum(int history)
    {
        var minimizer = new LbfgsMinimizer(Rosenbrock, 10, history);
        for (int i = 0; i < 10; i++)
        {
            minimizer.Point.Span[i] = i % 2 == 0 ? -1.2f : 1;
        }
        minimizer.Start();

        for (int i = 0; i < 500 && minimizer.Step(); i++)
        {
        }

        Assert.True(minimizer.Value < 1e-8, $"{minimizer.Value}");
        Assert.All(minimizer.Point.Span.ToArray(), x => Assert.Equal(1, x, 1e-3));
    }

    [Fact]
    public void Step_Quadratic_FallsEachTimeAndPredictsWhatIsLeft()
    {
        // f = sum of c_i (x_i - i)^2 / 2: ten different curvatures, so ten steps or so.
        double Function(FloatBuffer x, FloatBuffer g)
        {
            double f = 0;
            for (int i = 0; i < 10; i++)
            {
                double c = 1 + i * i, r = x.Span[i] - i;
                f += c * r * r / 2;
                g.Span[i] = (float)(c * r);
            }
            return f;
        }
        var minimizer = new LbfgsMinimizer(Function, 10, 10);
        minimizer.Start();

        double last = minimizer.Value;
        int steps = 0;
        while (minimizer.Value > 1e-8 && minimizer.Step())
        {
            Assert.True(minimizer.Value < last);
            last = minimizer.Value;
            steps++;
            if (steps == 12)
            {
                Assert.InRange(minimizer.ExpectedDecrease, minimizer.Value / 10, minimizer.Value * 10);
            }
        }

        Assert.True(minimizer.Value <= 1e-8);
        Assert.InRange(steps, 1, 30);
    }

    [Fact]
    public void Step_AtTheMinimum_SaysSo()
    {
        var minimizer = new LbfgsMinimizer((x, g) =>
        {
            g.Span[0] = 2 * x.Span[0];
            return x.Span[0] * x.Span[0];
        }, 1, 3);
        minimizer.Start();

        Assert.Equal(0, minimizer.ExpectedDecrease);
        Assert.False(minimizer.Step());
    }

    [Fact]
    public void TryFind_AnyStart_SatisfiesTheStrongWolfeConditions()
    {
        foreach (double scale in (double[])[1e-6, 1e-3, 0.5, 1, 7, 1e4])
        {
            // A cosine and a parabola: several minima.
            double F(double t) => Math.Cos(3 * t * scale) + (t * scale - 4) * (t * scale - 4) / 10;
            double G(double t) => scale * (-3 * Math.Sin(3 * t * scale) + (t * scale - 4) / 5);
            double at = double.NaN;
            var search = new WolfeLineSearch(t =>
            {
                at = t;
                return (F(t), G(t));
            });

            Assert.True(search.TryFind(F(0), G(0), out double value));

            Assert.Equal(F(at), value);
            Assert.True(F(at) <= F(0) + 1e-4 * at * G(0) + 1e-9 * Math.Abs(F(0)));
            Assert.True(Math.Abs(G(at)) <= 0.9 * Math.Abs(G(0)));
        }
    }

    [Fact]
    public void TryFind_Uphill_Fails() => Assert.False(new WolfeLineSearch(t => (t, 1)).TryFind(0, 1, out _));

    private static double Rosenbrock(FloatBuffer x, FloatBuffer g)
    {
        double f = 0;
        g.Span.Clear();
        for (int i = 0; i < x.Length; i += 2)
        {
            double a = x.Span[i], b = x.Span[i + 1], r = b - a * a;
            f += 100 * r * r + (1 - a) * (1 - a);
            g.Span[i] = (float)(-400 * a * r - 2 * (1 - a));
            g.Span[i + 1] = (float)(200 * r);
        }
        return f;
    }
}
