using System.Text;

namespace Microsoft.ML.Clip;

/// <summary>A model and its accuracies on shifted sets: what a <see cref="ClipShiftStudy"/> is made of. Immutable.</summary>
public sealed record ClipShiftModel
{
    /// <summary>The name of the model.</summary>
    public required string Name { get; init; }

    /// <summary>
    /// Whether lines are fitted over it: it is neither under test, nor trained on more data than the others, nor made to be robust (Taori et al. 2020).
    /// </summary>
    public required bool IsStandard { get; init; }

    /// <summary>Its accuracies by the name of the shifted set. A set that it was not measured on is not there.</summary>
    public required IReadOnlyDictionary<string, ClipShiftAccuracy> Shifts { get; init; }

    private bool PrintMembers(StringBuilder builder) => RecordText.Append(builder, this);
}
