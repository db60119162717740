using System.Globalization;

namespace Microsoft.ML.Clip;

/// <summary>
/// The line on which the accuracies of standard models lie, one set against a shifted one, on logit axes: what a model is to be expected to lose. What it
/// does better than that is its effective robustness. Taori et al. 2020; Radford et al. 2021, section 3.3 and figures 13 to 15. Immutable.
/// </summary>
/// <remarks>
/// <para>Fit it over models that are neither under test, nor trained on more data, nor made to be robust. The accuracy on the first set is to be over the
/// classes of the shifted one. Of the published table, imagenet-testbed, such are the models of type STANDARD; leave out those whose names have <c>aws</c> or
/// <c>batch64</c>, which are ResNet-50 trained twice more.</para>
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
    /// <exception cref="ArgumentException">
    /// There are not two models with different accuracies, or one has none between 0 and 1: its logit is infinite.
    /// </exception>
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

    /// <summary>
    /// The error bar of an accuracy, Clopper and Pearson's interval, with ends that have a logit: without a hit, or a miss, as in <see cref="Rate"/>. On
    /// logit axes each end
    /// is transformed by itself, so that bars are not symmetric.
    /// </summary>
    /// <param name="hits">How many rows were right.</param>
    /// <param name="count">How many there were.</param>
    /// <param name="confidence">The confidence, above 0 and below 1.</param>
    /// <exception cref="ArgumentOutOfRangeException">The count is below 1, the hits are not from 0 to it, or the confidence is none.</exception>
    public static ClipInterval Bar(long hits, long count, double confidence = ClipInterval.PaperConfidence)
    {
        var interval = ClipInterval.ClopperPearson(hits, count, confidence);
        return new(hits == 0 ? 0.5 / count : interval.Lower, hits == count ? 1 - (0.5 / count) : interval.Upper);
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
        int i = 0;
        foreach (var line in Bootstrap.Lines(_base, _shifted, resamples, seed))
        {
            for (int at = 0; at < expected.Length; at++)
            {
                expected[at][i] = LogitAxis.Back((line.Slope * LogitAxis.Of(accuracies[at])) + line.Intercept);
            }
            i++;
        }
        return [.. expected.Select(values => Bootstrap.Middle(values, confidence))];
    }
}
