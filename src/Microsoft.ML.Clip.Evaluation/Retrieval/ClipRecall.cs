using System.Text;

namespace Microsoft.ML.Clip;

/// <summary>How often what was looked for stood at the top.</summary>
public sealed record ClipRecall
{
    /// <summary>How many looked.</summary>
    public required int Queries { get; init; }

    /// <summary>How many there were to be found.</summary>
    public required int Candidates { get; init; }

    /// <summary>For each k the number of queries with a right one among their first k.</summary>
    public required IReadOnlyList<ClipRecallAt> At { get; init; }

    /// <summary>The middle of the ranks of the best right one, from 1; between two middle ones their mean.</summary>
    public required double MedianRank { get; init; }

    private bool PrintMembers(StringBuilder builder) => RecordText.Append(builder, this);
}
