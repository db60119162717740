using System.Numerics.Tensors;

namespace Microsoft.ML.Clip;

/// <summary>Fits exp(t) by likelihood, and counts what is right on the way.</summary>
internal static class LogitScaleFit
{
    // CLIP's own bound above; below, cosines would make no difference.
    private const double Least = 0.1, Most = 100;
    private const int Grid = 25, Steps = 40;

    /// <param name="images">Unit embeddings of images.</param>
    /// <param name="texts">Unit embeddings of texts.</param>
    /// <param name="own">The texts that belong to each image.</param>
    /// <param name="threads">How many threads may be used.</param>
    public static ClipLockedReport Fit(FloatMatrix images, FloatMatrix texts, IReadOnlyList<IReadOnlyList<int>> own, int threads)
    {
        var cosines = FloatMatrix.Product(images, texts, threads, transposeB: true);
        int top1 = 0, top5 = 0;
        for (int i = 0; i < cosines.Rows; i++)
        {
            var row = cosines[i];
            int best = own[i][0];
            foreach (int text in own[i])
            {
                best = row[text] > row[best] || (row[text] == row[best] && text < best) ? text : best;
            }
            // Of equal ones a classifier takes the first: where no text is nearer than another, nothing was learned that would be right.
            int better = 0;
            for (int text = 0; text < row.Length; text++)
            {
                better += row[text] > row[best] || (row[text] == row[best] && text < best) ? 1 : 0;
            }
            top1 += better < 1 ? 1 : 0;
            top5 += better < 5 ? 1 : 0;
        }
        double scale = Minimum(s => Loss(cosines, own, s, threads));
        return new ClipLockedReport
        {
            HeldBackImages = cosines.Rows,
            Candidates = cosines.Columns,
            TopOneAccuracy = (double)top1 / cosines.Rows,
            TopFiveAccuracy = (double)top5 / cosines.Rows,
            NegativeLogLikelihood = Loss(cosines, own, scale, threads),
            LogitScale = (float)scale,
        };
    }

    /// <summary>The mean negative logarithm of the probability of an image's own texts.</summary>
    private static double Loss(FloatMatrix cosines, IReadOnlyList<IReadOnlyList<int>> own, double scale, int threads)
    {
        double[] losses = new double[cosines.Rows];
        Threads.For(cosines.Rows, cosines.Rows * (long)cosines.Columns < 1 << 14 ? 1 : threads, i =>
        {
            var row = cosines[i];
            float most = TensorPrimitives.Max<float>(row);
            double all = 0, mine = 0;
            foreach (float cosine in row)
            {
                all += Math.Exp(scale * (cosine - most));
            }
            foreach (int text in own[i])
            {
                mine += Math.Exp(scale * (row[text] - most));
            }
            losses[i] = Math.Log(all) - Math.Log(Math.Max(mine, double.Epsilon));
        });
        return losses.Average();
    }

    // A coarse look, as several texts of an image can make more than one dip; then the golden section.
    private static double Minimum(Func<double, double> loss)
    {
        double step = Math.Log(Most / Least) / (Grid - 1);
        double[] values = [.. Enumerable.Range(0, Grid).Select(i => loss(Least * Math.Exp(i * step)))];
        int best = Array.IndexOf(values, values.Min());
        double low = Math.Log(Least) + (Math.Max(0, best - 1) * step), high = Math.Log(Least) + (Math.Min(Grid - 1, best + 1) * step);
        double ratio = (Math.Sqrt(5) - 1) / 2, a = high - (ratio * (high - low)), b = low + (ratio * (high - low));
        double atA = loss(Math.Exp(a)), atB = loss(Math.Exp(b));
        for (int i = 0; i < Steps; i++)
        {
            if (atA <= atB)
            {
                (high, b, atB) = (b, a, atA);
                atA = loss(Math.Exp(a = high - (ratio * (high - low))));
            }
            else
            {
                (low, a, atA) = (a, b, atB);
                atB = loss(Math.Exp(b = low + (ratio * (high - low))));
            }
        }
        return Math.Exp((low + high) / 2);
    }
}
