using System.Text;

namespace Microsoft.ML.Clip;

/// <summary>How often a classifier is right, group by group. Radford et al. 2021, section 7.1, tables 3 to 5. Immutable.</summary>
public sealed record ClipGroupAccuracy
{
    /// <summary>The groups, in the order in which they first appear, with their rows.</summary>
    public required IReadOnlyList<KeyValuePair<string, ClipHits>> Groups { get; init; }

    /// <summary>All rows.</summary>
    public ClipHits All => new(Groups.Sum(g => g.Value.Hits), Groups.Sum(g => g.Value.Count));

    /// <summary>How far the best group's accuracy is above the worst's, 0 to 1.</summary>
    public double LargestGap => Groups.Max(g => g.Value.Accuracy!.Value) - Groups.Min(g => g.Value.Accuracy!.Value);

    /// <summary>Counts.</summary>
    /// <param name="isHit">Whether each row was right: <see cref="ClipSetPredictions.Hits"/>.</param>
    /// <param name="groups">The group of each row.</param>
    /// <returns>The accuracies.</returns>
    /// <exception cref="ArgumentException">There is no row, or not a group for each.</exception>
    public static ClipGroupAccuracy Of(IReadOnlyList<bool> isHit, IReadOnlyList<string> groups)
    {
        ArgumentNullException.ThrowIfNull(isHit);
        ArgumentNullException.ThrowIfNull(groups);
        return isHit.Count == 0 || isHit.Count != groups.Count
            ? throw new ArgumentException($"There are {isHit.Count} rows and {groups.Count} groups; expected as many, and one at least.", nameof(groups)) : new ClipGroupAccuracy
            {
                Groups = [.. groups.Zip(isHit).GroupBy(r => r.First, StringComparer.Ordinal)
                    .Select(g => KeyValuePair.Create(g.Key, new ClipHits(g.LongCount(r => r.Second), g.LongCount())))],
            };
    }

    private bool PrintMembers(StringBuilder builder) => RecordText.Append(builder, this);
}
