using System.Text;

namespace Microsoft.ML.Clip;

/// <summary>
/// What adapting a model to one set costs elsewhere, or any other intervention: the change from one model to another on each shift. In the paper a probe on
/// ImageNet gains 9.2 points there and loses a little on average over the shifts (section 3.3, figure 14). Immutable.
/// </summary>
public sealed record ClipAdaptation
{
    /// <summary>The name of the model as it was.</summary>
    public required string Before { get; init; }

    /// <summary>The name of the model that became of it.</summary>
    public required string After { get; init; }

    /// <summary>The shifts that both were measured on.</summary>
    public required IReadOnlyList<ClipShiftChange> Shifts { get; init; }

    /// <summary>The means of the changes over <see cref="Shifts"/>.</summary>
    public required ClipShiftChange Mean { get; init; }

    /// <summary>Compares two models of a study.</summary>
    /// <param name="before">The model as it was.</param>
    /// <param name="after">The model that became of it.</param>
    /// <returns>The changes.</returns>
    /// <exception cref="ArgumentException">They have no shift in common.</exception>
    public static ClipAdaptation Of(ClipModelRobustness before, ClipModelRobustness after)
    {
        ArgumentNullException.ThrowIfNull(before);
        ArgumentNullException.ThrowIfNull(after);
        ClipShiftChange[] changes = [.. before.Shifts.Join(after.Shifts, s => s.Shift, s => s.Shift, (from, to) =>
            new ClipShiftChange(from.Shift, to.Accuracy.Base - from.Accuracy.Base, to.Accuracy.Shifted - from.Accuracy.Shifted,
                to.Effective - from.Effective))];
        return changes.Length == 0 ? throw new ArgumentException($"'{before.Name}' and '{after.Name}' were measured on no shift in common.", nameof(after)) : new ClipAdaptation
        {
            Before = before.Name,
            After = after.Name,
            Shifts = changes,
            Mean = new("mean", changes.Average(c => c.Base), changes.Average(c => c.Relative), changes.Average(c => c.Effective)),
        };
    }

    private bool PrintMembers(StringBuilder builder) => RecordText.Append(builder, this);
}
