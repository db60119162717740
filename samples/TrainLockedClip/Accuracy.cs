using System.Globalization;
using System.Numerics.Tensors;

namespace TrainLockedClip;

/// <summary>How often the right name is the nearest, and among the five nearest.</summary>
internal readonly record struct Accuracy(int First, int Five, int All)
{
    // The quantile of the normal distribution for 95%.
    private const double Normal = 1.959964;

    /// <param name="images">Embeddings of unit length.</param>
    /// <param name="texts">Those of the names.</param>
    /// <param name="truth">The right name of each image.</param>
    public static Accuracy Of(float[][] images, float[][] texts, int[] truth)
    {
        int first = 0, five = 0;
        Parallel.For(0, images.Length, i =>
        {
            float right = TensorPrimitives.Dot<float>(images[i], texts[truth[i]]);
            int better = texts.Count(t => TensorPrimitives.Dot<float>(images[i], t) > right);
            Interlocked.Add(ref first, better < 1 ? 1 : 0);
            Interlocked.Add(ref five, better < 5 ? 1 : 0);
        });
        return new(first, five, images.Length);
    }

    /// <summary>The interval of Wilson (1927), in percent.</summary>
    public static (double Low, double High) Interval(int right, int all)
    {
        double p = (double)right / all, z = Normal * Normal / all;
        double middle = (p + z / 2) / (1 + z), half = Normal / (1 + z) * Math.Sqrt(p * (1 - p) / all + z / 4 / all);
        return (100 * (middle - half), 100 * (middle + half));
    }

    public override string ToString() => All == 0 ? "no images" : $"top-1 {Text(First)}, top-5 {Text(Five)} of {All}";

    private string Text(int right)
    {
        var (low, high) = Interval(right, All);
        return string.Create(CultureInfo.InvariantCulture, $"{100.0 * right / All:f1}% ({low:f1} to {high:f1})");
    }
}
