namespace Microsoft.ML.Clip.Tests;

/// <summary>
/// Multinomial logistic regression, slow and obvious, in float64: the objective, its gradient and Hessian as the formulas say, and a damped Newton
/// method. Parameters are [k][d + 1], the bias last.
/// </summary>
internal static class PlainSoftmaxRegression
{
    /// <summary>sum of w_i nll_i + l2 / 2 |W|^2.</summary>
    public static double Objective(ProbeProblem problem, double[][] w, double l2)
    {
        double sum = 0;
        for (int i = 0; i < problem.Features.Length; i++)
        {
            sum += Weight(problem, i) * LogLoss(Logits(problem, i, w), problem.Labels[i]);
        }
        return sum + l2 / 2 * w.Sum(row => row.Take(problem.Dimension).Sum(v => v * v));
    }

    /// <summary>The gradient, [k][d + 1].</summary>
    public static double[][] Gradient(ProbeProblem problem, double[][] w, double l2)
    {
        double[][] gradient = [.. w.Select(row => row.Select((v, j) => j < problem.Dimension ? l2 * v : 0).ToArray())];
        for (int i = 0; i < problem.Features.Length; i++)
        {
            double[] p = Softmax(Logits(problem, i, w));
            for (int c = 0; c < w.Length; c++)
            {
                // p - 1 without cancellation: minus what the others have.
                double residual = Weight(problem, i) * (c == problem.Labels[i] ? -p.Where((_, o) => o != c).Sum() : p[c]);
                for (int j = 0; j <= problem.Dimension; j++)
                {
                    gradient[c][j] += residual * Feature(problem, i, j);
                }
            }
        }
        return gradient;
    }

    /// <summary>The minimum, by Newton's method; a tiny penalty on the biases picks one of the many equal solutions.</summary>
    public static double[][] Minimize(ProbeProblem problem, double l2)
    {
        int k = problem.Classes, size = problem.Dimension + 1, n = k * size;
        double[][] w = [.. Enumerable.Range(0, k).Select(_ => new double[size])];
        double value = Objective(problem, w, l2);
        for (int iteration = 0; iteration < 200; iteration++)
        {
            double[] gradient = [.. Gradient(problem, w, l2).SelectMany(g => g)];
            double[] step = Solve(Hessian(problem, w, l2), gradient);
            double slope = step.Zip(gradient, (s, g) => s * g).Sum();
            if (slope <= 1e-13 * value)
            {
                break;
            }
            double t = 1;
            double[][] next;
            double lower;
            do
            {
                next = [.. w.Select((row, c) => row.Select((v, j) => v - t * step[c * size + j]).ToArray())];
                lower = Objective(problem, next, l2);
                t /= 2;
            }
            while (!(lower <= value - 1e-4 * t * slope) && t > 1e-12);
            if (!(lower < value))
            {
                break;
            }
            (w, value) = (next, lower);
        }
        return w;
    }

    /// <summary>
    /// The minimum where there are fewer rows than values: it lies in the span of the rows, so Newton's method runs on their coordinates there. The
    /// parameters given are those of the values again.
    /// </summary>
    public static double[][] MinimizeInRowSpace(ProbeProblem problem, double l2)
    {
        var axes = new List<double[]>();
        double[][] coordinates = [.. problem.Features.Select(_ => new double[problem.Features.Length])];
        for (int i = 0; i < problem.Features.Length; i++)
        {
            double[] left = [.. problem.Features[i].Select(v => (double)v)];
            double length = Math.Sqrt(left.Sum(v => v * v));
            for (int a = 0; a < 3 * axes.Count; a++)
            {
                double[] axis = axes[a % axes.Count];
                double part = left.Zip(axis, (x, y) => x * y).Sum();
                coordinates[i][a % axes.Count] += part;
                left = [.. left.Zip(axis, (x, y) => x - part * y)];
            }
            double rest = Math.Sqrt(left.Sum(v => v * v));
            if (rest > 1e-12 * length)
            {
                coordinates[i][axes.Count] = rest;
                axes.Add([.. left.Select(v => v / rest)]);
            }
        }
        var reduced = new ProbeProblem([.. coordinates.Select(c => c.Take(axes.Count).Select(v => (float)v).ToArray())], problem.Labels, problem.Weights)
        {
            Exact = coordinates,
        };
        double[][] w = Minimize(reduced, l2);
        double[] Expand(double[] row) =>
            [.. Enumerable.Range(0, problem.Dimension).Select(j => axes.Select((axis, a) => row[a] * axis[j]).Sum()), row[^1]];
        return [.. w.Select(Expand)];
    }

    public static int[] Predict(ProbeProblem problem, double[][] w) => [.. problem.Features.Select(f =>
    {
        double[] z = Logits(f, w);
        return Array.IndexOf(z, z.Max());
    })];

    private static double[][] Hessian(ProbeProblem problem, double[][] w, double l2)
    {
        int k = w.Length, size = problem.Dimension + 1;
        double[][] h = [.. Enumerable.Range(0, k * size).Select(_ => new double[k * size])];
        for (int i = 0; i < problem.Features.Length; i++)
        {
            double[] p = Softmax(Logits(problem, i, w));
            for (int a = 0; a < k; a++)
            {
                for (int b = 0; b < k; b++)
                {
                    double curvature = Weight(problem, i) * (a == b ? p[a] * p.Where((_, o) => o != a).Sum() : -p[a] * p[b]);
                    for (int j = 0; j < size; j++)
                    {
                        for (int l = 0; l < size; l++)
                        {
                            h[a * size + j][b * size + l] += curvature * Feature(problem, i, j) * Feature(problem, i, l);
                        }
                    }
                }
            }
        }
        double biases = Enumerable.Range(0, k).Average(c => h[c * size + size - 1][c * size + size - 1]);
        for (int i = 0; i < k * size; i++)
        {
            h[i][i] += i % size < size - 1 ? l2 : 1e-6 * biases + 1e-300;
        }
        return h;
    }

    // Gaussian elimination with the largest pivot.
    private static double[] Solve(double[][] a, double[] b)
    {
        int n = b.Length;
        double[] x = [.. b];
        for (int i = 0; i < n; i++)
        {
            int pivot = Enumerable.Range(i, n - i).MaxBy(r => Math.Abs(a[r][i]));
            (a[i], a[pivot]) = (a[pivot], a[i]);
            (x[i], x[pivot]) = (x[pivot], x[i]);
            for (int r = i + 1; r < n; r++)
            {
                double factor = a[r][i] / a[i][i];
                for (int c = i; c < n; c++)
                {
                    a[r][c] -= factor * a[i][c];
                }
                x[r] -= factor * x[i];
            }
        }
        for (int i = n - 1; i >= 0; i--)
        {
            for (int c = i + 1; c < n; c++)
            {
                x[i] -= a[i][c] * x[c];
            }
            x[i] /= a[i][i];
        }
        return x;
    }

    private static double[] Logits(float[] features, double[][] w) =>
        [.. w.Select(row => row[^1] + features.Select((f, j) => (double)f * row[j]).Sum())];

    private static double[] Logits(ProbeProblem problem, int row, double[][] w) => problem.Exact is null ? Logits(problem.Features[row], w)
        : [.. w.Select(c => c[^1] + Enumerable.Range(0, problem.Dimension).Sum(j => problem.Exact[row][j] * c[j]))];

    private static double LogLoss(double[] z, int label)
    {
        double best = z.Max();
        double others = z.Where((_, c) => c != label).Sum(v => Math.Exp(v - best)), own = Math.Exp(z[label] - best);
        return own > 0.5 ? LogOnePlus(others / own) : best - z[label] + Math.Log(own + others);
    }

    // Kahan's correction; double.LogP1 loses the digits of a small x.
    private static double LogOnePlus(double x) => 1 + x == 1 ? x : Math.Log(1 + x) * (x / (1 + x - 1));

    private static double[] Softmax(double[] z)
    {
        double[] e = [.. z.Select(v => Math.Exp(v - z.Max()))];
        return [.. e.Select(v => v / e.Sum())];
    }

    private static double Weight(ProbeProblem problem, int row) => problem.Weights?[row] ?? 1;

    private static double Feature(ProbeProblem problem, int row, int j) => j < problem.Dimension ? problem.Exact?[row][j] ?? problem.Features[row][j] : 1;
}
