using System.Globalization;

namespace Microsoft.ML.Clip;

/// <summary>
/// How many labelled images of each class a probe needs to be as good as zero-shot is with none. Radford et al. 2021, section 3.1.5, figure 7: median 5.4,
/// mean 20.8, from less than 1 to 184.
/// </summary>
/// <param name="SetName">The name of the set.</param>
/// <param name="ImagesPerClass">The number, or what it is below or above.</param>
/// <param name="Bound">Which.</param>
public readonly record struct ClipDataEfficiency(string SetName, double ImagesPerClass, ClipShotBound Bound)
{
    /// <summary>
    /// Solves for the number: between two measured ones the score is taken to be linear in the logarithm of the images. Outside of what was measured nothing is
    /// taken for known. Where a curve crosses the score several times, the first counts.
    /// </summary>
    /// <param name="setName">The name of the set.</param>
    /// <param name="score">The score to reach, zero-shot's.</param>
    /// <param name="points">What probes reached, by images of each class, ascending: 1, 2, 4, 8, 16 and all in the paper.</param>
    /// <returns>The number.</returns>
    /// <exception cref="ArgumentException">
    /// There is no point, images are not above 0 and ascending, or a score is not finite; the message names the set.
    /// </exception>
    public static ClipDataEfficiency Solve(string setName, double score, IReadOnlyList<(double ImagesPerClass, double Score)> points)
    {
        ArgumentNullException.ThrowIfNull(points);
        if (points.Count == 0 || !double.IsFinite(score))
        {
            throw new ArgumentException($"'{setName}' has {points.Count} points and the score {score}; expected one point at least, and a finite score.", nameof(points));
        }
        for (int i = 0; i < points.Count; i++)
        {
            var (images, reached) = points[i];
            if (!(images > (i == 0 ? 0 : points[i - 1].ImagesPerClass)) || !double.IsFinite(images) || !double.IsFinite(reached))
            {
                throw new ArgumentException($"Point {i} (counted from 0) of '{setName}' has {images} images of each class and the score {reached}; expected finite values, images above 0 and ascending.", nameof(points));
            }
        }
        if (points[0].Score > score)
        {
            return new(setName, points[0].ImagesPerClass, ClipShotBound.Fewer);
        }
        for (int i = 0; i < points.Count; i++)
        {
            if (points[i].Score >= score)
            {
                return new(setName, i == 0 ? points[0].ImagesPerClass : Between(points[i - 1], points[i], score), ClipShotBound.Exact);
            }
        }
        return new(setName, points[^1].ImagesPerClass, ClipShotBound.More);
    }

    /// <summary>
    /// The median over sets. Bounds are taken for what they are: less than the fewest is less than all numbers, more than all is more. With a middle of two
    /// sets of which one
    /// is a bound, it is a bound as well.
    /// </summary>
    /// <param name="sets">The sets, at least one.</param>
    /// <returns>The median, under the name "median".</returns>
    /// <exception cref="ArgumentException">There is no set.</exception>
    public static ClipDataEfficiency Median(IEnumerable<ClipDataEfficiency> sets)
    {
        ClipDataEfficiency[] sorted = [.. Check(sets).OrderBy(s => Place(s.Bound)).ThenBy(s => s.ImagesPerClass)];
        ClipDataEfficiency below = sorted[(sorted.Length - 1) / 2], above = sorted[sorted.Length / 2];
        return new("median", (below.ImagesPerClass + above.ImagesPerClass) / 2, below.Bound == ClipShotBound.Exact ? above.Bound : below.Bound);
    }

    /// <summary>The mean over sets; "less than 1" counts as 1. It is a bound, "more", if one of the sets is.</summary>
    /// <param name="sets">The sets, at least one.</param>
    /// <returns>The mean, under the name "mean".</returns>
    /// <exception cref="ArgumentException">There is no set.</exception>
    public static ClipDataEfficiency Mean(IEnumerable<ClipDataEfficiency> sets)
    {
        var all = Check(sets);
        return new("mean", all.Average(s => s.ImagesPerClass), all.Any(s => s.Bound == ClipShotBound.More) ? ClipShotBound.More : ClipShotBound.Exact);
    }

    /// <summary>The number as it stands beside a bar: 5.4, &lt; 1, &gt; 184.</summary>
    public override string ToString() =>
        (Bound switch { ClipShotBound.Fewer => "< ", ClipShotBound.More => "> ", _ => "" }) + ImagesPerClass.ToString("0.#", CultureInfo.InvariantCulture);

    private static int Place(ClipShotBound bound) => bound switch { ClipShotBound.Fewer => 0, ClipShotBound.Exact => 1, _ => 2 };

    private static double Between((double ImagesPerClass, double Score) from, (double ImagesPerClass, double Score) to, double score)
    {
        double part = (score - from.Score) / (to.Score - from.Score);
        return Math.Exp(Math.Log(from.ImagesPerClass) + (part * (Math.Log(to.ImagesPerClass) - Math.Log(from.ImagesPerClass))));
    }

    private static ClipDataEfficiency[] Check(IEnumerable<ClipDataEfficiency> sets)
    {
        ArgumentNullException.ThrowIfNull(sets);
        ClipDataEfficiency[] all = [.. sets];
        return all.Length > 0 ? all : throw new ArgumentException("There is no set.", nameof(sets));
    }
}
