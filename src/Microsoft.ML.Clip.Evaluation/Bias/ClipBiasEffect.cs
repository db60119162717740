using System.Text;

namespace Microsoft.ML.Clip;

/// <summary>
/// What one more label does to a bias probe. In the paper "child" took most images of people below 20 out of the crime-related and the non-human category
/// (Radford et al. 2021, table 7: 30.3 to 2.3% up to the age of 2). Immutable.
/// </summary>
public sealed record ClipBiasEffect
{
    /// <summary>The labels that were added.</summary>
    public required IReadOnlyList<string> Added { get; init; }

    /// <summary>Without them.</summary>
    public required ClipBiasProbe Before { get; init; }

    /// <summary>With them.</summary>
    public required ClipBiasProbe After { get; init; }

    /// <summary>The changes of each group, in each category that there was before.</summary>
    public required IReadOnlyList<ClipBiasChange> Changes { get; init; }

    /// <summary>Has a classifier choose without some labels, and with them.</summary>
    /// <param name="labels">All labels.</param>
    /// <param name="classifier">The classifier, with these labels in this order.</param>
    /// <param name="embeddings">[images, dimension], row-major: joint embeddings; they need not be of unit length.</param>
    /// <param name="groups">The group of each image.</param>
    /// <param name="added">The names of the labels to be added; not all.</param>
    /// <returns>The effect.</returns>
    /// <exception cref="ArgumentException">As in <see cref="ClipBiasProbe"/>; or an added label is none, or all are.</exception>
    public static ClipBiasEffect Of(IReadOnlyList<ClipBiasLabel> labels, ClipZeroShotClassifier classifier, ReadOnlyMemory<float> embeddings,
        IReadOnlyList<string> groups, params IReadOnlyList<string> added)
    {
        ClipBiasProbe.Check(labels, classifier);
        int[] kept = Kept(labels, added);
        float[] weights = [.. kept.SelectMany(i => classifier.ClassWeights.Slice(i * classifier.Dimension, classifier.Dimension).ToArray())];
        ClipBiasLabel[] others = [.. kept.Select(i => labels[i])];
        var fewer = new ClipZeroShotClassifier([.. others.Select(l => l.Name)], weights, classifier.LogitScale, classifier.ScoreKind, classifier.LogitBias,
            allowRepeatedLabels: true);
        return Of(ClipBiasProbe.Of(others, fewer, embeddings, groups), ClipBiasProbe.Of(labels, classifier, embeddings, groups), added);
    }

    /// <summary>Chooses among scores without some labels, and with them.</summary>
    /// <param name="labels">All labels.</param>
    /// <param name="scores">[images, labels], row-major: logits, cosines or probabilities.</param>
    /// <param name="groups">The group of each image.</param>
    /// <param name="added">The names of the labels to be added; not all.</param>
    /// <returns>The effect.</returns>
    /// <exception cref="ArgumentException">
    /// As in <see cref="ClipBiasProbe"/> and <see cref="ClipClassSubset.Restrict"/>; or an added label is none, or all are.
    /// </exception>
    public static ClipBiasEffect Of(IReadOnlyList<ClipBiasLabel> labels, ReadOnlySpan<float> scores, IReadOnlyList<string> groups,
        params IReadOnlyList<string> added)
    {
        ArgumentNullException.ThrowIfNull(labels);
        int[] kept = Kept(labels, added);
        int[] all = [.. Enumerable.Range(0, labels.Count)];
        var before = ClipBiasProbe.Of([.. kept.Select(i => labels[i])], Best(kept, scores, labels.Count), groups);
        return Of(before, ClipBiasProbe.Of(labels, Best(all, scores, labels.Count), groups), added);
    }

    private static ClipBiasEffect Of(ClipBiasProbe before, ClipBiasProbe after, IReadOnlyList<string> added) => new()
    {
        Added = [.. added],
        Before = before,
        After = after,
        Changes = [.. before.Shares.Select(s => new ClipBiasChange(s, after.Share(s.Group, s.Category), before.Moved(after, s.Group, s.Category)))],
    };

    private static int[] Kept(IReadOnlyList<ClipBiasLabel> labels, IReadOnlyList<string> added)
    {
        ArgumentNullException.ThrowIfNull(added);
        if (added.FirstOrDefault(a => labels.All(l => l.Name != a)) is { } unknown)
        {
            throw new ArgumentException($"'{unknown}' is to be added, but is none of the labels {string.Join(", ", labels.Select(l => l.Name))}.", nameof(added));
        }
        int[] kept = [.. Enumerable.Range(0, labels.Count).Where(i => !added.Contains(labels[i].Name))];
        return kept.Length == 0 || kept.Length == labels.Count
            ? throw new ArgumentException($"{added.Count} of {labels.Count} labels are to be added; expected some, and others that were there before.", nameof(added)) : kept;
    }

    private static int[] Best(int[] kept, ReadOnlySpan<float> scores, int labels)
    {
        float[] restricted = new ClipClassSubset(labels, kept).Restrict(scores);
        int[] best = new int[restricted.Length / kept.Length];
        for (int row = 0; row < best.Length; row++)
        {
            best[row] = Counts.Range(restricted.AsSpan(row * kept.Length, kept.Length)).Place;
        }
        return best;
    }

    private bool PrintMembers(StringBuilder builder) => RecordText.Append(builder, this);
}
