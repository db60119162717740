namespace Microsoft.ML.Clip;

/// <summary>
/// What standard models lose on one shifted set: one line on logit axes, or two that meet nowhere. ImageNet-A was made of what ResNet-50 gets wrong, so that
/// models below it lie on one line and those above on another (Taori et al. 2020). Immutable.
/// </summary>
public sealed class ClipShiftLine
{
    /// <summary>ResNet-50's accuracy on ImageNet among the classes of ImageNet-A, at which that set's line has its bend.</summary>
    public const double ImageNetABend = 0.9186;

    // Tables have six digits of an accuracy.
    private const double SamePlace = 5e-7;

    private ClipShiftLine(string shift, double? bendsAt, ClipRobustnessLine line, ClipRobustnessLine? below, int leftOut) =>
        (Shift, BendsAt, Line, Below, LeftOut) = (shift, bendsAt, line, below, leftOut);

    /// <summary>The name of the shifted set.</summary>
    public string Shift { get; }

    /// <summary>The accuracy on the first set at which one line ends and the other begins; <see langword="null"/> of one line.</summary>
    public double? BendsAt { get; }

    /// <summary>The line, or the one above the bend.</summary>
    public ClipRobustnessLine Line { get; }

    /// <summary>The line below the bend; <see langword="null"/> of one line.</summary>
    public ClipRobustnessLine? Below { get; }

    /// <summary>How many models stand at the bend, and are in neither line: ResNet-50, whose accuracy on ImageNet-A is 0 by construction.</summary>
    public int LeftOut { get; }

    /// <summary>Fits the line, or both.</summary>
    /// <param name="shift">The name of the shifted set.</param>
    /// <param name="models">The accuracies of standard models, above 0 and below 1 (<see cref="ClipRobustnessLine.Rate"/>), but of those at the bend.</param>
    /// <param name="bendsAt">The accuracy at which there is a bend, <see cref="ImageNetABend"/> for ImageNet-A; <see langword="null"/> for none.</param>
    /// <returns>The line.</returns>
    /// <exception cref="ArgumentException">
    /// On one side there are not two models with different accuracies, an accuracy has no logit, or the bend is none; the message names the set.
    /// </exception>
    public static ClipShiftLine Fit(string shift, IReadOnlyList<ClipShiftAccuracy> models, double? bendsAt = null)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(shift);
        ArgumentNullException.ThrowIfNull(models);
        if (bendsAt is not (null or (> 0 and < 1)))
        {
            throw new ArgumentException($"The line of '{shift}' is to bend at the accuracy {bendsAt}; expected above 0 and below 1.", nameof(bendsAt));
        }
        if (bendsAt is not { } at)
        {
            return new(shift, null, FitPart(shift, models), null, 0);
        }
        ClipShiftAccuracy[] others = [.. models.Where(m => !(Math.Abs(m.Base - at) <= SamePlace))];
        var above = FitPart(FormattableString.Invariant($"{shift}, above {at}"), others.Where(m => !(m.Base < at)));
        var below = FitPart(FormattableString.Invariant($"{shift}, below {at}"), others.Where(m => m.Base < at));
        return new(shift, at, above, below, models.Count - others.Length);
    }

    /// <summary>The accuracy on the shifted set that standard models have. At the bend it is that of those above.</summary>
    /// <param name="accuracy">The accuracy on the first set, 0 to 1.</param>
    /// <exception cref="ArgumentOutOfRangeException">It is no accuracy.</exception>
    public double Expect(double accuracy) => LineAt(accuracy).Expect(accuracy);

    /// <summary>Effective robustness, ρ: how far a model's accuracy on the shifted set is above what is to be expected; -1 to 1.</summary>
    /// <param name="accuracy">Its accuracies.</param>
    /// <exception cref="ArgumentOutOfRangeException">One is no accuracy.</exception>
    public double EffectiveRobustness(ClipShiftAccuracy accuracy) => LineAt(accuracy.Base).EffectiveRobustness(accuracy.Base, accuracy.Shifted);

    /// <inheritdoc/>
    public override string ToString() => Below is null ? $"{Shift}: {Line}" : FormattableString.Invariant($"{Shift}: {Below} below {BendsAt}, {Line} above");

    /// <summary>The line on which a model of that accuracy is to be expected.</summary>
    /// <param name="accuracy">The accuracy on the first set.</param>
    public ClipRobustnessLine LineAt(double accuracy) => Below is not null && accuracy < BendsAt ? Below : Line;

    private static ClipRobustnessLine FitPart(string shift, IEnumerable<ClipShiftAccuracy> models)
    {
        try
        {
            return ClipRobustnessLine.Fit([.. models.Select(m => (m.Base, m.Shifted))]);
        }
        catch (ArgumentException e)
        {
            throw new ArgumentException($"'{shift}' has no line of standard models: {e.Message}", nameof(models), e);
        }
    }
}
