namespace Everyday;

/// <summary>
/// How often the first word is right, told from what the model says of a photograph: a logistic curve over the cosine of the first word and its share of the
/// probability. It was fitted on photographs whose right words are known, each once with all words and once without its right ones; see <see cref="Fit"/>.
/// </summary>
internal sealed record Certainty(double Bias, double PerCosine, double PerShare)
{
    /// <summary>
    /// Below it perhaps none of the words fits: that finds seven of ten photographs that have none of the words, and says it of one of four whose first word is
    /// right.
    /// </summary>
    public const double None = 0.2;

    /// <summary>For the everyday model and the words of words.txt: what --fit gave.</summary>
    public static Certainty Everyday { get; } = new(-2.359, -2.256, 5.098);

    /// <summary>The chance, 0 to 1, that the first word is right.</summary>
    public double Of(double cosine, double share) => 1 / (1 + Math.Exp(-(Bias + (PerCosine * cosine) + (PerShare * share))));

    /// <summary>Fits the curve by Newton's method: the one under which the answers are most likely, with a little weight against steep ones.</summary>
    /// <param name="answers">Cosine and share of the first word, whether it is right, and how much the answer counts.</param>
    public static Certainty Fit(IReadOnlyList<(double Cosine, double Share, bool IsRight, double Weight)> answers)
    {
        const double Decay = 1e-3;
        double[] w = new double[3];
        for (int round = 0; round < 50; round++)
        {
            double[] gradient = [.. w.Select(v => -Decay * v)];
            double[,] curvature = { { Decay, 0, 0 }, { 0, Decay, 0 }, { 0, 0, Decay } };
            foreach (var (cosine, share, isRight, weight) in answers)
            {
                double[] x = [1, cosine, share];
                double p = new Certainty(w[0], w[1], w[2]).Of(cosine, share);
                for (int i = 0; i < 3; i++)
                {
                    gradient[i] += weight * ((isRight ? 1 : 0) - p) * x[i];
                    for (int j = 0; j < 3; j++)
                    {
                        curvature[i, j] += weight * p * (1 - p) * x[i] * x[j];
                    }
                }
            }
            double[] step = Solve(curvature, gradient);
            w = [.. w.Zip(step, (a, b) => a + b)];
            if (step.Max(Math.Abs) < 1e-9)
            {
                break;
            }
        }
        return new(w[0], w[1], w[2]);
    }

    // Three equations, symmetric and positive: elimination without a search for pivots.
    private static double[] Solve(double[,] a, double[] b)
    {
        for (int k = 0; k < 3; k++)
        {
            for (int i = k + 1; i < 3; i++)
            {
                double factor = a[i, k] / a[k, k];
                b[i] -= factor * b[k];
                for (int j = k; j < 3; j++)
                {
                    a[i, j] -= factor * a[k, j];
                }
            }
        }
        double[] x = new double[3];
        for (int i = 2; i >= 0; i--)
        {
            x[i] = (b[i] - Enumerable.Range(i + 1, 2 - i).Sum(j => a[i, j] * x[j])) / a[i, i];
        }
        return x;
    }
}
