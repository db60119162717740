using System.Globalization;

namespace Microsoft.ML.Clip;

/// <summary>
/// Fewer classes than a classifier has scores for: some of them, or groups of them. A model of ImageNet's 1,000 is compared on the 200 of ImageNet-R, or the
/// 30 groups of ImageNet-Vid, as if it knew no others. Taori et al. 2020; Radford et al. 2021, appendix E. Immutable and thread-safe.
/// </summary>
/// <remarks>
/// Restricting is taking only these scores before the best is looked for. A group's score is the highest of its classes (max-pooling), not their sum.
/// Scores may be
/// logits, cosines or probabilities, as their order is the same; only probabilities that float32 no longer tells from 0 have none, and a row of such
/// alone is refused. CLIP can embed a set's own names instead, and does better then.
/// </remarks>
public sealed class ClipClassSubset
{
    private readonly int[] _groupOf;

    /// <summary>Groups of classes.</summary>
    /// <param name="sourceCount">How many classes there are scores for.</param>
    /// <param name="groups">For each class of the subset those that it is made of, by their places; one for a class that stays as it is.</param>
    /// <param name="classNames">The names of the subset's classes; <see langword="null"/> for numbers.</param>
    /// <exception cref="ArgumentException">
    /// There is no group, one is empty, a class is none of the source's or stands twice, or there is not one name for each; the message names it.
    /// </exception>
    public ClipClassSubset(int sourceCount, IReadOnlyList<IReadOnlyList<int>> groups, IReadOnlyList<string>? classNames = null)
    {
        ArgumentNullException.ThrowIfNull(groups);
        if (groups.Count == 0 || (classNames is not null && classNames.Count != groups.Count))
        {
            throw new ArgumentException($"There are {groups.Count} classes and {classNames?.Count.ToString(CultureInfo.InvariantCulture) ?? "no"} names; expected at least one class, and a name for each.", nameof(groups));
        }
        SourceCount = sourceCount;
        ClassNames = classNames is null ? [.. Enumerable.Range(0, groups.Count).Select(i => i.ToString(CultureInfo.InvariantCulture))] : [.. classNames];
        _groupOf = new int[Math.Max(0, sourceCount)];
        Array.Fill(_groupOf, -1);
        for (int group = 0; group < groups.Count; group++)
        {
            if (groups[group] is not { Count: > 0 })
            {
                throw new ArgumentException($"'{ClassNames[group]}', class {group} (counted from 0), is made of no class.", nameof(groups));
            }
            foreach (int source in groups[group])
            {
                if ((uint)source >= (uint)_groupOf.Length || _groupOf[source] >= 0)
                {
                    throw new ArgumentException($"'{ClassNames[group]}', class {group} (counted from 0), is made of class {source}; expected one from 0 to {sourceCount - 1} that stands nowhere else.", nameof(groups));
                }
                _groupOf[source] = group;
            }
        }
    }

    /// <summary>Some of the classes.</summary>
    /// <param name="sourceCount">How many classes there are scores for.</param>
    /// <param name="classes">Those that are left, by their places, in the order of the subset.</param>
    /// <param name="classNames">The names of the subset's classes; <see langword="null"/> for numbers.</param>
    /// <exception cref="ArgumentException">There is none, one is none of the source's or stands twice, or there is not one name for each.</exception>
    public ClipClassSubset(int sourceCount, IEnumerable<int> classes, IReadOnlyList<string>? classNames = null)
        : this(sourceCount, [.. classes.Select(c => new[] { c })], classNames)
    {
    }

    /// <summary>How many classes there are scores for.</summary>
    public int SourceCount { get; }

    /// <summary>The names of the subset's classes.</summary>
    public IReadOnlyList<string> ClassNames { get; }

    /// <summary>The subset's class that one of the source belongs to; <see langword="null"/> if to none.</summary>
    /// <param name="sourceLabel">The class, by its place.</param>
    /// <exception cref="ArgumentOutOfRangeException">It is none of the source's.</exception>
    public int? LabelOf(int sourceLabel) => (uint)sourceLabel >= (uint)SourceCount
        ? throw new ArgumentOutOfRangeException(nameof(sourceLabel), sourceLabel, $"Expected a class from 0 to {SourceCount - 1}.")
        : _groupOf[sourceLabel] is >= 0 and var group ? group : null;

    /// <summary>Restricts scores.</summary>
    /// <param name="scores">[rows, <see cref="SourceCount"/>], row-major.</param>
    /// <returns>[rows, classes of the subset], row-major.</returns>
    /// <exception cref="ArgumentException">
    /// The scores are not rows of the source's classes, one is NaN, or all that are left of a row are 0: probabilities that float32 could not hold. The
    /// message has the
    /// row.
    /// </exception>
    public float[] Restrict(ReadOnlySpan<float> scores)
    {
        if (scores.Length % SourceCount != 0)
        {
            throw new ArgumentException($"There are {scores.Length} scores; expected rows of {SourceCount}.", nameof(scores));
        }
        int rows = scores.Length / SourceCount, classes = ClassNames.Count;
        float[] restricted = new float[rows * classes];
        for (int row = 0; row < rows; row++)
        {
            Take(row, scores, restricted.AsSpan(row * classes, classes));
        }
        return restricted;
    }

    /// <summary>Measures a classifier on a set that has the subset's classes.</summary>
    /// <param name="scores">[rows, <see cref="SourceCount"/>], row-major.</param>
    /// <param name="labels">The class of each row, of the subset.</param>
    /// <returns>What it got right. There is no calibration: what is left of probabilities is none.</returns>
    /// <exception cref="ArgumentException">As in <see cref="Restrict"/>; there is not a label for each row, or one is no class.</exception>
    /// <exception cref="InvalidOperationException">There is no row.</exception>
    public ClipClassificationResult Measure(ReadOnlySpan<float> scores, ReadOnlySpan<int> labels)
    {
        return Measure(scores, labels, label => label);
    }

    /// <summary>
    /// Measures a classifier on a set that has all of the source's classes, among the subset's: the accuracy on the first set that one on a shifted set is
    /// compared with. Rows of other classes are left out; <see cref="ClipClassificationResult.Count"/> tells how many were not.
    /// </summary>
    /// <param name="scores">[rows, <see cref="SourceCount"/>], row-major.</param>
    /// <param name="sourceLabels">The class of each row, of the source.</param>
    /// <returns>What it got right. There is no calibration: what is left of probabilities is none.</returns>
    /// <exception cref="ArgumentException">As in <see cref="Restrict"/>, of the rows that are measured; there is not a label for each row.</exception>
    /// <exception cref="ArgumentOutOfRangeException">A label is none of the source's classes.</exception>
    /// <exception cref="InvalidOperationException">No row is of the subset's classes.</exception>
    public ClipClassificationResult MeasureBase(ReadOnlySpan<float> scores, ReadOnlySpan<int> sourceLabels)
    {
        return Measure(scores, sourceLabels, label => LabelOf(label) ?? -1);
    }

    private ClipClassificationResult Measure(ReadOnlySpan<float> scores, ReadOnlySpan<int> labels, Func<int, int> ofSubset)
    {
        if (scores.Length != (long)labels.Length * SourceCount)
        {
            throw new ArgumentException($"There are {scores.Length} scores and {labels.Length} labels; expected {SourceCount} for each.", nameof(scores));
        }
        var meter = new ClipClassificationMeter(ClassNames);
        float[] restricted = new float[ClassNames.Count];
        for (int row = 0; row < labels.Length; row++)
        {
            int label = ofSubset(labels[row]);
            if (label >= ClassNames.Count || labels[row] < 0)
            {
                throw new ArgumentException($"Row {row} (counted from 0) has the label {labels[row]}; expected 0 to {ClassNames.Count - 1}.", nameof(labels));
            }
            if (label >= 0)
            {
                Take(row, scores, restricted);
                meter.Add(label, restricted);
            }
        }
        return meter.ToResult() with { Calibration = [] };
    }

    private void Take(int row, ReadOnlySpan<float> scores, Span<float> restricted)
    {
        var from = scores.Slice(row * SourceCount, SourceCount);
        restricted.Fill(float.NegativeInfinity);
        for (int i = 0; i < from.Length; i++)
        {
            if (float.IsNaN(from[i]))
            {
                throw new ArgumentException($"Row {row} (counted from 0) has the score NaN for class {i}.", nameof(scores));
            }
            if (_groupOf[i] is >= 0 and var group)
            {
                restricted[group] = Math.Max(restricted[group], from[i]);
            }
        }
        if (!restricted.ContainsAnyExcept(0))
        {
            throw new ArgumentException($"Row {row} (counted from 0) has the score 0 for all {restricted.Length} classes that are left; expected logits or cosines, or probabilities that can be told apart.", nameof(scores));
        }
    }
}
