using System.Globalization;

namespace Microsoft.ML.Clip;

/// <summary>
/// The line on which the accuracies of standard models lie, one set against a shifted one, on logit axes: what a model is to be expected to lose. What it
/// does better than that is its effective robustness. Taori et al. 2020; Radford et al. 2021, section 3.3 and figures 13 to 15. Immutable.
/// </summary>
/// <remarks>
/// <para>Fit it over models that are neither under test, nor trained on more data, nor made to be robust. The accuracy on the first set is to be over the
/// classes of the shifted one.</para>
/// <para>One set in the distribution flatters models that were trained on other data (Shi et al. 2023); say so in a report.</para>
/// </remarks>
public sealed class ClipRobustnessLine
{
    private readonly double[] _base, _shifted;

    private ClipRobustnessLine(double[] of, double[] shifted)
    {
        (_base, _shifted) = (of, shifted);
        (Slope, Intercept, Correlation) = LeastSquares.Fit(of, shifted);
    }

    /// <summary>The slope on logit axes.</summary>
    public double Slope { get; }

    /// <summary>The logit of the accuracy on the shifted set where that on the first is a half.</summary>
    public double Intercept { get; }

    /// <summary>Pearson's r of the logits.</summary>
    public double Correlation { get; }

    /// <summary>How many models it was fitted over.</summary>
    public int Count => _base.Length;

    /// <summary>Fits the line, ordinary least squares of the shifted accuracy's logit on the other's.</summary>
    /// <param name="models">The accuracies of each model, both above 0 and below 1; <see cref="Rate"/> makes such of counts.</param>
    /// <returns>The line.</returns>
    /// <exception cref="ArgumentException">There are not two models with different accuracies, or one has none between 0 and 1: its logit is infinite.</exception>
    public static ClipRobustnessLine Fit(IReadOnlyList<(double Base, double Shifted)> models)
    {
        ArgumentNullException.ThrowIfNull(models);
        for (int i = 0; i < models.Count; i++)
        {
            if (models[i] is not { Base: > 0 and < 1, Shifted: > 0 and < 1 })
            {
                throw new ArgumentException($"Model {i} (counted from 0) has the accuracies {models[i].Base} and {models[i].Shifted}; expected above 0 and below 1, as others have no logit.", nameof(models));
            }
        }
        return new([.. models.Select(m => LogitAxis.Of(m.Base))], [.. models.Select(m => LogitAxis.Of(m.Shifted))]);
    }

    /// <inheritdoc/>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"logit y = {Slope:F4} · logit x {Intercept:+ 0.0000;- 0.0000} (r = {Correlation:F3}, {Count} models)");

    /// <summary>An accuracy that has a logit: without a hit, or a miss, half a row is taken for one.</summary>
    /// <param name="hits">How many rows were right.</param>
    /// <param name="count">How many there were.</param>
    /// <exception cref="ArgumentOutOfRangeException">The count is below 1, or the hits are not from 0 to it.</exception>
    public static double Rate(long hits, long count)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
        ArgumentOutOfRangeException.ThrowIfNegative(hits);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(hits, count);
        return Math.Clamp(hits, 0.5, count - 0.5) / count;
    }

    /// <summary>The accuracy on the shifted set that standard models have.</summary>
    /// <param name="accuracy">That on the first set, 0 to 1.</param>
    /// <exception cref="ArgumentOutOfRangeException">It is no accuracy.</exception>
    public double Expect(double accuracy)
    {
        if (accuracy is not (>= 0 and <= 1))
        {
            throw new ArgumentOutOfRangeException(nameof(accuracy), accuracy, "An accuracy lies between 0 and 1.");
        }
        return LogitAxis.Back((Slope * LogitAxis.Of(accuracy)) + Intercept);
    }

    /// <summary>
    /// Effective robustness, ρ: how far a model's accuracy on the shifted set is above what is to be expected; -1 to 1, in the paper in points of 100.
    /// </summary>
    /// <param name="accuracy">Its accuracy on the first set, 0 to 1.</param>
    /// <param name="shifted">Its accuracy on the shifted set, 0 to 1.</param>
    /// <exception cref="ArgumentOutOfRangeException">One is no accuracy.</exception>
    public double EffectiveRobustness(double accuracy, double shifted)
    {
        if (shifted is not (>= 0 and <= 1))
        {
            throw new ArgumentOutOfRangeException(nameof(shifted), shifted, "An accuracy lies between 0 and 1.");
        }
        return shifted - Expect(accuracy);
    }

    /// <summary>
    /// A band around the line, point by point: models are drawn with replacement, the line is fitted again, and of what it then expects the middle part is
    /// kept.
    /// </summary>
    /// <param name="accuracies">Where on the first set's axis, each above 0 and below 1.</param>
    /// <param name="resamples">How often; 1,000 in the paper's figures.</param>
    /// <param name="confidence">The part that is kept.</param>
    /// <param name="seed">Where chance starts: the same seed gives the same band.</param>
    /// <returns>An interval of the accuracy on the shifted set for each place.</returns>
    /// <exception cref="ArgumentOutOfRangeException">A place is no accuracy, there is no resample, or the confidence is none.</exception>
    public IReadOnlyList<ClipInterval> Band(IReadOnlyList<double> accuracies, int resamples = 1000, double confidence = 0.95, int seed = 0)
    {
        ArgumentNullException.ThrowIfNull(accuracies);
        ArgumentOutOfRangeException.ThrowIfLessThan(resamples, 1);
        if (confidence is not (> 0 and < 1))
        {
            throw new ArgumentOutOfRangeException(nameof(confidence), confidence, "The confidence must lie between 0 and 1.");
        }
        if (accuracies.Any(a => a is not (> 0 and < 1)))
        {
            throw new ArgumentOutOfRangeException(nameof(accuracies), "Each place must be an accuracy above 0 and below 1.");
        }
        double[][] expected = [.. accuracies.Select(_ => new double[resamples])];
        var random = new Random(seed);
        double[] x = new double[Count], y = new double[Count];
        for (int i = 0; i < resamples; i++)
        {
            var line = Resample(random, x, y);
            for (int at = 0; at < expected.Length; at++)
            {
                expected[at][i] = LogitAxis.Back((line.Slope * LogitAxis.Of(accuracies[at])) + line.Intercept);
            }
        }
        double tail = (1 - confidence) / 2;
        return [.. expected.Select(values =>
        {
            Array.Sort(values);
            return new ClipInterval(Quantile(values, tail), Quantile(values, 1 - tail));
        })];
    }

    private LeastSquares Resample(Random random, double[] x, double[] y)
    {
        while (true)
        {
            for (int i = 0; i < x.Length; i++)
            {
                int drawn = random.Next(x.Length);
                (x[i], y[i]) = (_base[drawn], _shifted[drawn]);
            }
            // One model drawn over and over makes no line.
            if (x.Any(value => value != x[0]))
            {
                return LeastSquares.Fit(x, y);
            }
        }
    }

    // Between two values in proportion, as numpy's percentile.
    private static double Quantile(double[] sorted, double part)
    {
        double place = part * (sorted.Length - 1);
        int below = (int)place, above = Math.Min(below + 1, sorted.Length - 1);
        return sorted[below] + ((place - below) * (sorted[above] - sorted[below]));
    }
}
