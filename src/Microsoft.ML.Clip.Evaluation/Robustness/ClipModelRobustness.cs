using System.Text;

namespace Microsoft.ML.Clip;

/// <summary>How robust a model is to each shift, and on average. Immutable.</summary>
public sealed record ClipModelRobustness
{
    /// <summary>The name of the model.</summary>
    public required string Name { get; init; }

    /// <summary>Whether it is one of those that lines were fitted over.</summary>
    public required bool IsStandard { get; init; }

    /// <summary>Shift by shift, in the study's order; those that it was not measured on are not there.</summary>
    public required IReadOnlyList<ClipShiftRobustness> Shifts { get; init; }

    /// <summary>
    /// The means over all shifts, which figure 13 shows: the mean of the accuracies on the first set, each among one shift's classes, and that on the
    /// shifted sets. <see langword="null"/> if a shift is missing: means over different shifts are no comparison.
    /// </summary>
    public required ClipShiftAccuracy? Mean { get; init; }

    /// <summary>The mean of its effective robustness over all shifts; <see langword="null"/> if one is missing.</summary>
    public required double? MeanEffective { get; init; }

    /// <summary>
    /// How far <see cref="Mean"/> is above the line that the means of standard models lie on; <see langword="null"/> if a shift is missing. It is not <see
    /// cref="MeanEffective"/>:
    /// a line through means is not the mean of the lines.
    /// </summary>
    public required double? EffectiveOfMean { get; init; }

    private bool PrintMembers(StringBuilder builder) => RecordText.Append(builder, this);
}
