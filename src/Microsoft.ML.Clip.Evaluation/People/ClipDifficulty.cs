using System.Text;

namespace Microsoft.ML.Clip;

/// <summary>
/// Whether what is hard for a model is hard for people: classes in the order of the model's confidence. Radford et al. 2021, figure 16. Immutable.
/// </summary>
public sealed record ClipDifficulty
{
    /// <summary>The classes, the hardest for the model first; classes without a row of either are left out.</summary>
    public required IReadOnlyList<ClipClassDifficulty> Classes { get; init; }

    /// <summary>
    /// Spearman's rank correlation between the model's confidence and people's accuracy, -1 to 1; NaN where either is the same for all classes.
    /// </summary>
    public required double RankCorrelation { get; init; }

    /// <summary>Compares a model with people.</summary>
    /// <param name="answers">What people answered.</param>
    /// <param name="labels">The class of each row that the model saw, from 0.</param>
    /// <param name="probabilities">The model's probability of the right class, row by row.</param>
    /// <returns>The classes that both saw.</returns>
    /// <exception cref="ArgumentException">
    /// The lists are not of one length, a probability is none, no class was seen by both, or the answers contradict each other as in <see cref="ClipHumanResult.Of"/>.
    /// </exception>
    public static ClipDifficulty Of(IEnumerable<ClipHumanAnswer> answers, ReadOnlySpan<int> labels, ReadOnlySpan<float> probabilities)
    {
        if (labels.Length != probabilities.Length)
        {
            throw new ArgumentException($"There are {labels.Length} labels, but {probabilities.Length} probabilities.", nameof(probabilities));
        }
        var sums = new Dictionary<int, (double Sum, int Count)>();
        for (int i = 0; i < labels.Length; i++)
        {
            if (probabilities[i] is not (>= 0 and <= 1))
            {
                throw new ArgumentException($"Row {i} (counted from 0) has the probability {probabilities[i]}; expected 0 to 1.", nameof(probabilities));
            }
            var (sum, count) = sums.GetValueOrDefault(labels[i]);
            sums[labels[i]] = (sum + probabilities[i], count + 1);
        }
        ClipClassDifficulty[] classes = [.. HumanAnswers.Check(answers).GroupBy(a => a.Label).Where(c => sums.ContainsKey(c.Key))
            .Select(c => new ClipClassDifficulty(c.Key, sums[c.Key].Sum / sums[c.Key].Count, c.Average(HumanAnswers.Right)))
            .OrderBy(c => c.Confidence).ThenBy(c => c.Label)];
        return classes.Length == 0 ? throw new ArgumentException("People and the model have seen no class in common.", nameof(answers)) : new ClipDifficulty
        {
            Classes = classes,
            RankCorrelation = Ranks.Correlation([.. classes.Select(c => c.Confidence)], [.. classes.Select(c => c.HumanAccuracy)]),
        };
    }

    private bool PrintMembers(StringBuilder builder) => RecordText.Append(builder, this);
}
