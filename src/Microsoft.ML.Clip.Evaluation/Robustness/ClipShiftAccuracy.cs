namespace Microsoft.ML.Clip;

/// <summary>How well a model does on a shifted set, and on the first set among the shifted one's classes.</summary>
/// <param name="Base">The accuracy on the first set, ImageNet in the paper, with no other classes to choose from than the shifted set has; 0 to 1.</param>
/// <param name="Shifted">The accuracy on the shifted set, 0 to 1.</param>
public readonly record struct ClipShiftAccuracy(double Base, double Shifted)
{
    /// <summary>
    /// The mean of several, as one: ImageNet-Vid and YouTube-BB count once each, as the mean of the anchor frame alone and of its neighbourhood.
    /// </summary>
    /// <param name="accuracies">At least one.</param>
    /// <exception cref="ArgumentException">There is none.</exception>
    public static ClipShiftAccuracy Mean(params IEnumerable<ClipShiftAccuracy> accuracies)
    {
        ArgumentNullException.ThrowIfNull(accuracies);
        ClipShiftAccuracy[] all = [.. accuracies];
        return all.Length == 0 ? throw new ArgumentException("The mean of no accuracy is none.", nameof(accuracies)) : new(all.Average(a => a.Base), all.Average(a => a.Shifted));
    }
}
