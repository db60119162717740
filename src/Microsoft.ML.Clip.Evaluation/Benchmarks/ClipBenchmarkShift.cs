using System.Text;

namespace Microsoft.ML.Clip;

/// <summary>
/// How accuracy on a set of natural distribution shift is compared with that on ImageNet (Taori et al. 2020; Radford et al. 2021, section 3.3 and appendix E).
/// Columns are those of Taori et al.'s published table, imagenet-testbed. Immutable.
/// </summary>
public sealed record ClipBenchmarkShift
{
    /// <summary>Which classes of ImageNet it has. Accuracy on ImageNet is that among these alone.</summary>
    public required ClipShiftClasses Classes { get; init; }

    /// <summary>The column of the accuracy on ImageNet among these classes.</summary>
    public required string BaseColumn { get; init; }

    /// <summary>The columns of the accuracy on the set; where there are two, the set's is their mean, and it counts as one.</summary>
    public required IReadOnlyList<string> Columns { get; init; }

    /// <summary>
    /// The accuracy on ImageNet among these classes, 0 to 1, at which the line of standard models has its bend: below and above it are two lines, and the model
    /// at it is in neither. <see langword="null"/> where one line does.
    /// </summary>
    public double? BendsAt { get; init; }

    private bool PrintMembers(StringBuilder builder) => RecordText.Append(builder, this);
}
