using System.Text;

namespace Microsoft.ML.Clip;

/// <summary>How a data set compares with a published one; see <see cref="ClipBenchmark.Check(ClipDataSetSummary)"/>. Immutable.</summary>
public sealed record ClipBenchmarkCheck
{
    /// <summary>The key of the published set.</summary>
    public required string Key { get; init; }

    /// <summary>What was found in the data set, with an example of each class for somebody to look at.</summary>
    public required ClipDataSetSummary Summary { get; init; }

    /// <summary>
    /// Which split it is by its size: <c>train</c>, <c>test</c>, or <c>train or test</c> where both have as many; <see langword="null"/> if it is of
    /// another size.
    /// </summary>
    public required string? Split { get; init; }

    /// <summary>Whether names were compared: not where those of the published set come with the set.</summary>
    public required bool HasComparedNames { get; init; }

    /// <summary>What is not as published. Each may have its reason, and each has been the reason of wrong figures.</summary>
    public required IReadOnlyList<ClipBenchmarkFinding> Findings { get; init; }

    private bool PrintMembers(StringBuilder builder) => RecordText.Append(builder, this);
}
